"""Captures in processes that have no memory left, no disk, or no time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from callbox.failures.history import History


@pytest.fixture
def run(tmp_path):
    """Run a program in a project of its own, and return what it printed as JSON."""
    (tmp_path / "pyproject.toml").touch()

    def start(program: str) -> object:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("CALLBOX", "FAILEXTRACT"))}
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(program))
        done = subprocess.run(
            [sys.executable, path], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return start


NO_MEMORY = """
    import json, sys
    import _testcapi
    from callbox import FailureExtractor, extract_on_failure
    from callbox.failures.catch import problems

    FailureExtractor().persist = False
    original = ValueError("mine")

    def work(start, stop):
        held = [start]
        _testcapi.set_nomemory(start, stop)
        raise original

    watched = extract_on_failure(include_locals=True)(work)

    def outcome(function, start, stop):
        original.__traceback__ = None
        vars(original).clear()
        try:
            function(start, stop)
        except BaseException as error:
            _testcapi.remove_mem_hooks()
            return error is original
        raise AssertionError

    outcome(watched, 10**9, 0)
    FailureExtractor().clear()
    least = next(n for n in range(1, 100) if outcome(work, n, n + 1))
    def is_wrong(n):
        # one allocation comes after the capture: the interpreter notes the caller in the traceback
        n_before = len(FailureExtractor().records)
        return not outcome(watched, n, n + 1) and len(FailureExtractor().records) == n_before

    wrong = [n for n in [*range(least, 400), *range(400, 4000, 37)] if is_wrong(n)]
    n_errors = problems.n_errors
    FailureExtractor().clear()
    is_right = outcome(watched, 10**9, 0)
    print(json.dumps([wrong, n_errors > 100, is_right, len(FailureExtractor().records)]))
"""


def test_where_memory_ends_in_a_capture_the_caller_sees_what_was_raised(run) -> None:
    pytest.importorskip("_testcapi")

    assert run(NO_MEMORY) == [[], True, True, 1]


MEMORY_IS_FULL = """
    import json, resource
    from callbox import FailureExtractor, extract_on_failure

    @extract_on_failure(include_locals=True)
    def fill():
        held = []
        while True:
            held.append(bytearray(1 << 20))

    def outcome():
        try:
            fill()
        except BaseException as error:
            return type(error).__name__

    n_pages = int(open("/proc/self/statm").read().split()[0])
    limit = n_pages * resource.getpagesize() + (128 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    outcomes = [outcome() for _ in range(5)]
    print(json.dumps([outcomes, [failure.summary for failure in FailureExtractor().records]]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_function_that_fills_the_memory_is_captured(run) -> None:
    assert run(MEMORY_IS_FULL) == [["MemoryError"] * 5, ["MemoryError"] * 5]


FULL_DISK = """
    import json, resource
    from callbox import FailureExtractor, extract_on_failure

    resource.setrlimit(resource.RLIMIT_FSIZE, (96 << 10, 96 << 10))

    @extract_on_failure
    def work(n):
        return eval(f"(lambda: {n} / 0)()") if n % 2 else eval(f"[].pop({n})")

    kinds = []
    for n in range(300):
        try:
            exec(compile(f"def f{n}(): work({n})", f"<{n}>", "exec"), globals())
            globals()[f"f{n}"]()
        except Exception as error:
            kinds.append(type(error).__name__)
    FailureExtractor().flush()
    print(json.dumps([sorted(set(kinds)), len(kinds), bool(FailureExtractor().problem)]))
"""


def test_full_disk_stops_the_store_and_nothing_else(run, tmp_path) -> None:
    kinds, n_raised, has_problem = run(FULL_DISK)

    assert (kinds, n_raised, has_problem) == (["IndexError", "ZeroDivisionError"], 300, True)
    history = History(tmp_path / ".callbox" / "failures.db")
    kept = history.failures()
    history.close()
    assert all(failure.exception.type in ("IndexError", "ZeroDivisionError") for failure in kept)


FORTY_KINDS = """
    import json
    from callbox import FailureExtractor, extract_on_failure

    for n in range(40):
        exec(compile(f"def f{n}(): raise LookupError({n})", f"<{n}>", "exec"))
        try:
            extract_on_failure(globals()[f"f{n}"])()
        except LookupError:
            pass
    FailureExtractor().flush()
    print(json.dumps("written"))
"""


def test_two_processes_that_clear_at_once_forget_each_failure_once(run, tmp_path) -> None:
    assert run(FORTY_KINDS) == "written"
    command = [sys.executable, "-m", "callbox", "failures", "clear", "--confirm"]

    both = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=60)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert sorted(told) == ["forgot 0 failures\n", "forgot 40 failures\n"]
