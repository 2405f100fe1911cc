"""Audit events: told by name and first argument, refused by what is told, and no more when nobody watches."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from callbox.engine.audit import unwatch_audit, watch_audit


class Heard(list[tuple[str, tuple[Any, ...]]]):
    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        self.append((event, args))


@pytest.fixture
def heard() -> Iterator[Heard]:
    yield Heard()
    unwatch_audit()


def refuse(event: str, args: tuple[Any, ...]) -> None:
    raise PermissionError(f"{event}{args}")


def test_only_events_that_are_named_are_told(heard) -> None:
    watch_audit({"a.b": None, "a.bc": None}, heard.hear)

    for event in ("a.b", "a", "", "b.a", "a.bcd", "a.bc"):
        sys.audit(event, 1, "x")

    assert heard == [("a.b", (1, "x")), ("a.bc", (1, "x"))]


def test_first_argument_must_be_one_of_the_set(heard) -> None:
    watch_audit({"os.putenv": frozenset({b"A_VARIABLE"}), "a.b": frozenset({"x", b"x"})}, heard.hear)

    for name in ("A_VARIABLE", "ANOTHER"):
        os.putenv(name, "1")
        os.unsetenv(name)  # later tests start processes
    sys.audit("a.b")
    sys.audit("a.b", [])
    sys.audit("a.b", "x", 2)
    sys.audit("a.b", b"y")

    assert heard == [("os.putenv", (b"A_VARIABLE", b"1")), ("a.b", ("x", 2))]


def test_what_is_raised_refuses_what_the_event_announces(heard) -> None:
    watch_audit({"a.b": None}, refuse)

    with pytest.raises(PermissionError, match=r"a\.b\(3,\)"):
        sys.audit("a.b", 3)


def test_the_last_one_who_watches_is_told_and_after_the_watch_nobody(heard) -> None:
    watch_audit({"a.b": None}, refuse)
    watch_audit({"a.c": None}, heard.hear)
    sys.audit("a.b")
    sys.audit("a.c")
    unwatch_audit()
    unwatch_audit()
    sys.audit("a.c")

    assert heard == [("a.c", ())]


def test_a_watch_may_be_ended_by_what_is_told(heard) -> None:
    watch_audit({"a.b": None}, lambda *told: (unwatch_audit(), heard.append(told)))

    sys.audit("a.b")
    sys.audit("a.b")

    assert heard == [("a.b", ())]


def test_other_threads_are_heard_and_what_watches_is_not_traced(heard) -> None:
    watch_audit({"a.b": None}, heard.hear)
    traced: list[str] = []
    threading.setprofile(lambda frame, event, arg: traced.append(frame.f_code.co_name))
    thread = threading.Thread(target=sys.audit, args=("a.b",))
    thread.start()
    threading.setprofile(None)
    thread.join()

    assert heard == [("a.b", ())]
    assert "run" in traced
    assert "hear" not in traced


def test_events_that_cannot_be_watched_are_refused_and_the_watch_before_stays(heard) -> None:
    watch_audit({"a.b": None}, heard.hear)

    with pytest.raises(ValueError, match="33 events are too many: 32 at most"):
        watch_audit({f"a.{n}": None for n in range(33)}, refuse)
    with pytest.raises(TypeError, match=r"the event 'a\.c' needs a name"):
        watch_audit({"a.c": {"x"}}, refuse)  # type: ignore[dict-item]
    sys.audit("a.b")

    assert heard == [("a.b", ())]


SUBINTERPRETER = """
import sys
from callbox.engine.audit import watch_audit
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
heard = []
watch_audit({"a.b": None}, lambda *told: heard.append(told))
other = interpreters.create()
interpreters.run_string(other, "import sys; sys.audit('a.b')")
interpreters.destroy(other)
sys.audit("a.b", 1)
print(heard)
"""


def test_another_interpreter_is_not_heard_and_one_that_ends_while_it_watches_ends_well() -> None:
    ended = subprocess.run([sys.executable, "-c", SUBINTERPRETER], capture_output=True, text=True, check=False)

    assert (ended.stdout, ended.stderr, ended.returncode) == ("[('a.b', (1,))]\n", "", 0)
