"""The last calls before a failure: a tree that ends at the raise, for each thread and for tasks, and what passed."""

from __future__ import annotations

import asyncio
import threading

import pytest

from callbox.failures import extract_on_failure
from callbox.failures.analysis import analyze
from callbox.failures.flight import stop_recorder


@pytest.fixture(autouse=True)
def development(monkeypatch):
    monkeypatch.setenv("CALLBOX_MODE", "development")
    yield
    stop_recorder()


def half(n):
    return n / 2


async def fetch(n):
    await asyncio.sleep(0)
    return half(n)


def test_tree_of_a_coroutine_ends_at_the_raise(extractor, caught) -> None:
    @extract_on_failure
    async def work(n):
        await fetch(n)
        raise ValueError(n)

    caught(lambda: asyncio.run(work(5)))

    calls = extractor.failures[-1]["calls"]
    assert "fetch(n=5) → 2.5" in calls
    assert "half(n=5) → 2.5" in calls
    assert "work(n=5) ✗ ValueError(5)" in calls
    assert calls.index("work(n=5)") < calls.index("fetch(n=5)") < calls.index("half(n=5)")


def test_other_threads_tell_their_last_calls_too(extractor, caught) -> None:
    has_worked, may_end = threading.Event(), threading.Event()

    def beside():
        half(64)
        has_worked.set()
        may_end.wait(10)

    @extract_on_failure
    def work():
        has_worked.wait(10)
        raise ValueError

    thread = threading.Thread(target=beside, name="beside")
    thread.start()
    caught(work)
    may_end.set()
    thread.join()

    calls = extractor.failures[-1]["calls"]
    assert "half(n=64) → 32.0" in calls
    assert "work() ✗ ValueError()" in calls


def test_analysis_tells_failing_arguments_from_those_that_passed(extractor, history, caught) -> None:
    @extract_on_failure
    def rate(kind, n):
        return {"full": 0.19, "none": 0.0}[kind] * n

    rate("full", 1)
    rate("none", 2)
    caught(rate, "half", 1)
    caught(rate, "half", 3)
    extractor.flush()

    [found] = analyze(history.groups(), lambda kind: history.failures(fingerprint=kind), history.passed)
    assert (found.n_examined, found.n_passed) == (2, 2)
    assert found.only_failing == {"kind": "'half'"}
    assert sorted(found.varying["n"]) == ["1", "3"]


@pytest.mark.parametrize("module", ["typing_extensions", "_editable_shop", "__editable___shop_finder", "asyncio.tasks"])
def test_what_imports_others_or_belongs_to_the_standard_library_is_left_out(extractor, caught, module) -> None:
    namespace = {"__name__": module}
    exec("def find_spec(n):\n    return n", namespace)

    @extract_on_failure
    def work(n):
        half(namespace["find_spec"](n))
        raise ValueError(n)

    caught(work, 6)

    assert "half(n=6)" in extractor.failures[-1]["calls"]
    assert "find_spec" not in extractor.failures[-1]["calls"]
