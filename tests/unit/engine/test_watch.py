"""Who watches a function is told how its calls end; whoever calls it notices nothing of that."""

from __future__ import annotations

import functools
import gc
import inspect
import pickle
import sys
import threading
import traceback
import types
import weakref
from collections.abc import Generator
from typing import Any

import pytest
from tests.support.told import Told, caught, ignore

from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.engine.wrap import watch, wrap


@pytest.fixture
def told() -> Told:
    return Told()


def numbers(n: int) -> Generator[int, None, None]:
    yield from range(n)


def fail(value: object, *, code: int = 0) -> None:
    raise LookupError(value)


@functools.partial(watch, failed=ignore)
def save(value: object) -> None:
    """Say nothing."""
    raise LookupError(value)


def test_what_a_call_raised_is_told_with_its_arguments(told) -> None:
    error = caught(told.watch(fail), 1, code=2)

    [(seen, args, kwargs)] = told.raised
    assert seen is error
    assert (args, kwargs) == ((1,), {"code": 2})
    assert told.returned == []


def test_call_that_returned_is_told_with_its_time(told) -> None:
    assert told.watch(divmod)(7, 2) == (3, 1)

    [(duration_ns, args, kwargs)] = told.returned
    assert (args, kwargs, told.raised) == ((7, 2), None, [])
    assert 0 <= duration_ns < 10**10


def test_arguments_that_do_not_fit_are_a_failure_too(told) -> None:
    error = caught(told.watch(fail))

    assert str(error) == "fail() missing 1 required positional argument: 'value'"
    assert told.raised == [(error, (), None)]


def test_traceback_is_whole_when_it_is_told_and_has_no_frame_more(told) -> None:
    seen: list[list[str]] = []
    function = watch(fail, lambda error, *_: seen.append([f.name for f in traceback.extract_tb(error.__traceback__)]))

    error = caught(function, 1)

    assert seen == [["fail"]]
    assert [frame.name for frame in traceback.extract_tb(error.__traceback__)] == ["caught", "fail"]
    assert (error.__context__, error.__cause__, error.args) == (None, None, (1,))


def test_context_of_what_was_being_handled_stays(told) -> None:
    def nested() -> None:
        try:
            fail("first")
        except LookupError:
            told.watch(fail)("second")

    error = caught(nested)

    assert error.args == ("second",)
    assert error.__context__ is not None
    assert error.__context__.args == ("first",)


def test_what_a_watcher_raises_is_dropped() -> None:
    def broken(*_: Any) -> None:
        raise ValueError("mine")

    error = caught(watch(fail, broken, broken), 1)

    assert (type(error), error.args, error.__context__) == (LookupError, (1,), None)
    assert watch(len, broken, broken)("abc") == 3


@pytest.mark.parametrize("function", [fail, len], ids=["raised", "returned"])
def test_interrupt_while_a_watcher_is_told_goes_on_to_the_caller(function) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    error = caught(watch(function, interrupt, interrupt), "abc")

    assert type(error) is KeyboardInterrupt
    assert type(error.__context__) is (LookupError if function is fail else type(None))


def test_watcher_is_called_where_nothing_is_being_handled(told) -> None:
    handled: list[Any] = []

    caught(watch(fail, lambda *_: handled.append(sys.exc_info()[1])), 1)

    assert handled == [None]


def test_watching_twice_tells_both_inner_first() -> None:
    order: list[str] = []
    inner = watch(fail, lambda *_: order.append("inner"))

    caught(watch(inner, lambda *_: order.append("outer")), 1)

    assert order == ["inner", "outer"]


def test_recorders_do_not_see_what_is_only_watched(told) -> None:
    recorder = NativeRecorder(Options(), "wrap")
    recorder.start()
    caught(told.watch(fail), 1)
    list(told.watch(numbers)(1))
    recorder.stop()

    assert sum(thread.n_events for thread in recorder.capture().threads) == 0


def test_watched_function_can_be_recorded_under_its_own_name(told) -> None:
    recorder = NativeRecorder(Options(), "wrap")
    function = wrap(told.watch(fail))
    recorder.start()
    caught(function, 1)
    recorder.stop()

    [thread] = recorder.capture().threads
    assert thread.n_events == 2
    recorded = {(f.qualified_name, f.is_c) for f in recorder.capture().functions if f.module_name == __name__}
    assert recorded >= {("fail", False)}


@pytest.mark.parametrize("value", [int, None, 3])
def test_what_is_no_function_is_refused(value) -> None:
    with pytest.raises(TypeError, match="cannot wrap"):
        watch(value, ignore)


class Shape:
    @functools.partial(watch, failed=ignore)
    def area(self) -> int:
        return 4

    @functools.partial(watch, failed=ignore)
    @classmethod
    def named(cls) -> str:
        return cls.__name__

    @functools.partial(watch, failed=ignore)
    @staticmethod
    def corners() -> int:
        return 4


def test_methods_of_every_kind_bind_as_they_did() -> None:
    assert (Shape().area(), Shape.named(), Shape().named(), Shape.corners(), Shape().corners()) == (
        4,
        "Shape",
        "Shape",
        4,
        4,
    )
    assert inspect.ismethod(Shape().area)


def test_watched_function_passes_for_the_function() -> None:
    assert isinstance(save, types.FunctionType)
    assert inspect.isfunction(save)
    assert (save.__name__, save.__module__, save.__doc__) == ("save", __name__, "Say nothing.")
    assert str(inspect.signature(save)) == "(value: 'object') -> 'None'"
    assert pickle.loads(pickle.dumps(save)) is save
    assert dict(inspect.getmembers(Shape, inspect.isfunction)).keys() == {"area", "corners"}
    assert isinstance(watch(wrap(len), ignore), types.BuiltinFunctionType)


class Thing:
    """Something that can be watched as it dies."""


def test_no_reference_is_kept_of_a_call() -> None:
    def drop(value: object, *_: Any, **__: Any) -> None:
        raise LookupError

    function = watch(drop, ignore, ignore)
    thing, more = Thing(), Thing()
    before = sys.getrefcount(thing), sys.getrefcount(more), sys.getrefcount(drop), sys.getrefcount(function)

    for _ in range(100):
        caught(function, thing, more, key=more)
        gc.collect(0)

    assert (sys.getrefcount(thing), sys.getrefcount(more), sys.getrefcount(drop), sys.getrefcount(function)) == before


def test_cycle_through_a_watcher_is_collected() -> None:
    class Watcher:
        def failed(self, *_: Any) -> None:
            self.function = None

    watcher = Watcher()
    alive = weakref.ref(watcher)
    watcher.function = watch(fail, watcher.failed)  # type: ignore[assignment]
    del watcher

    gc.collect()

    assert alive() is None


def test_deep_recursion_through_watched_calls_ends_in_a_recursion_error() -> None:
    def descend(n: int) -> int:
        return function(n - 1) if n else 0

    function = watch(descend, ignore)
    errors: list[type[BaseException]] = []
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    thread = threading.Thread(target=lambda: errors.append(type(caught(function, 200_000))))
    thread.start()
    thread.join()
    sys.setrecursionlimit(before)

    assert errors == [RecursionError]
