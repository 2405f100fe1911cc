"""What a recorder of the engine "wrap" sees of wrapped functions, and that it sees nothing else."""

from __future__ import annotations

import functools
import gc
import math
import operator
import threading
from collections.abc import Callable
from typing import Any

import pytest

from callbox import _core
from callbox.engine.kernels import decode_capture, fold_events
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.engine.wrap import wrap
from callbox.model import EventKind, Function

HERE = __name__
RETURNED = [("CALL", "leaf"), ("RETURN", "leaf")]


def new_recorder(**options: Any) -> NativeRecorder:
    return NativeRecorder(Options(**options), "wrap")


def functions_of(recorder: NativeRecorder) -> list[tuple[str, Function]]:
    """Kind and function of every event."""
    capture = recorder.capture()
    functions = {function.id: function for function in capture.functions}
    events = decode_capture(capture)[0]
    return [(EventKind(int(event["kind"])).name, functions[int(event["code"])]) for event in events]


def events_of(recorder: NativeRecorder) -> list[tuple[str, str]]:
    """Kind and qualified name of every event."""
    return [(kind, function.qualified_name) for kind, function in functions_of(recorder)]


def record(work: Callable[[], object], **options: Any) -> list[tuple[str, str]]:
    recorder = new_recorder(**options)
    recorder.start()
    work()
    recorder.stop()
    return events_of(recorder)


@wrap
def leaf(value: int = 0) -> int:
    return value


@wrap
def branch() -> int:
    return leaf() + plain() + leaf()


def plain() -> int:
    return 0


@wrap
def descend(n: int) -> int:
    return 0 if n == 0 else descend(n - 1)


@wrap
def fail() -> None:
    raise KeyError("gone")


def catch(function: Callable[..., object], *arguments: object) -> None:
    try:
        function(*arguments)
    except Exception:
        leaf()


class Thing:
    @wrap
    def __init__(self) -> None:
        self.n = leaf()

    @wrap
    def method(self) -> int:
        return self.n


def test_wrapped_functions_are_recorded_and_no_others() -> None:
    assert record(branch) == [("CALL", "branch"), *RETURNED, *RETURNED, ("RETURN", "branch")]


def test_nothing_is_recorded_before_and_after() -> None:
    recorder = new_recorder()
    leaf()
    recorder.start()
    recorder.stop()
    leaf()

    assert events_of(recorder) == []


def test_methods_are_recorded() -> None:
    assert record(lambda: Thing().method()) == [
        ("CALL", "Thing.__init__"),
        *RETURNED,
        ("RETURN", "Thing.__init__"),
        ("CALL", "Thing.method"),
        ("RETURN", "Thing.method"),
    ]


def test_bound_method_is_recorded_as_its_function() -> None:
    wrapper = wrap(Thing().method.__func__.__wrapped__.__get__(Thing()))

    assert record(wrapper) == [("CALL", "Thing.method"), ("RETURN", "Thing.method")]


def test_raising_is_no_return() -> None:
    assert record(lambda: catch(fail)) == [("CALL", "fail"), ("UNWIND", "fail"), *RETURNED]


@pytest.mark.parametrize("options", [{}, {"max_depth": 5}, {"memory": True}], ids=str)
def test_call_whose_arguments_do_not_fit_is_none(options: dict[str, Any]) -> None:
    assert record(lambda: catch(leaf, 1, 2, 3), **options) == RETURNED


def test_call_beyond_the_depth_whose_arguments_do_not_fit_takes_nothing_back() -> None:
    @wrap
    def once(*, value: int) -> None:
        catch(once, value)

    name = once.__qualname__

    assert record(lambda: once(value=1), max_depth=1) == [("CALL", name), ("RETURN", name)]


def test_c_functions_are_recorded() -> None:
    root = wrap(math.sqrt)

    def work() -> None:
        root(4.0)
        catch(root, -1.0)

    assert record(work) == [
        ("C_CALL", "sqrt"),
        ("C_RETURN", "sqrt"),
        ("C_CALL", "sqrt"),
        ("C_RAISE", "sqrt"),
        *RETURNED,
    ]


class Callable_:
    def __call__(self) -> None:
        pass


@pytest.mark.parametrize(
    ("callable_", "module", "name"),
    [
        (str.split, "builtins", "str.split"),
        ("a b".split, "builtins", "str.split"),
        (functools.lru_cache(plain), HERE, "plain"),
        (functools.partial(plain), "functools", "partial"),
        (str.__len__, "", "str.__len__"),
        (Callable_(), HERE, "Callable_"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_callables_without_code_are_recorded_by_name(callable_: Callable[..., Any], module: str, name: str) -> None:
    recorder = new_recorder()
    wrapper = wrap(callable_)
    arguments = [""] if callable_ in (str.split, str.__len__) else []

    recorder.start()
    wrapper(*arguments)
    recorder.stop()

    assert [(kind, f.module_name, f.qualified_name) for kind, f in functions_of(recorder)] == [
        ("C_CALL", module, name),
        ("C_RETURN", module, name),
    ]


def test_excluded_functions_pass() -> None:
    assert record(branch, filters=("other.*",)) == []
    assert record(functools.partial(wrap(math.floor), 1), filters=("!math",)) == []


def test_filters_are_each_recorders_own() -> None:
    one, all_ = new_recorder(filters=("!" + HERE,)), new_recorder()
    one.start()
    all_.start()
    leaf()
    one.stop()
    leaf()
    all_.stop()

    assert (events_of(one), events_of(all_)) == ([], [*RETURNED, *RETURNED])


def test_depth_is_limited() -> None:
    assert record(lambda: descend(5), max_depth=2) == [
        *[("CALL", "descend")] * 2,
        *[("RETURN", "descend")] * 2,
    ]


def test_memory_is_counted() -> None:
    hold = wrap(lambda: bytearray(100_000))
    recorder = new_recorder(memory=True)
    recorder.start()
    kept = hold()
    recorder.stop()
    capture = recorder.capture()
    events, alloc = decode_capture(capture)[:2]

    _, call_alloc = fold_events(events, alloc, capture.header.ended.epoch_ns)

    assert call_alloc is not None
    assert call_alloc[0][0] >= len(kept)


def test_several_recorders_at_once_each_see_all() -> None:
    outer, inner = new_recorder(), new_recorder()
    outer.start()
    leaf()
    inner.start()
    leaf()
    inner.stop()
    leaf()
    outer.stop()

    assert (events_of(outer), events_of(inner)) == (RETURNED * 3, RETURNED)


def test_hook_engine_beside_sees_the_same() -> None:
    hooked = NativeRecorder(Options(filters=(HERE,)), _core.engines()[-1])
    wrapped = new_recorder()
    wrapped.start()
    hooked.start()
    catch(fail)
    descend(3)
    hooked.stop()
    wrapped.stop()
    names = {name for _, name in events_of(wrapped)}

    assert [event for event in events_of(hooked) if event[1] in names] == events_of(wrapped)


def test_recorder_stopped_inside_a_call_keeps_its_start() -> None:
    recorder = new_recorder()
    stop = wrap(lambda: recorder.stop())
    recorder.start()
    stop()

    assert [kind for kind, _ in events_of(recorder)] == ["CALL"]


def test_recorder_started_inside_a_call_begins_with_its_end() -> None:
    recorder = new_recorder()
    start = wrap(lambda: recorder.start())
    start()
    leaf()
    recorder.stop()

    assert events_of(recorder) == RETURNED


def test_recorder_exchanged_inside_a_call_gets_the_end() -> None:
    first, second = new_recorder(), new_recorder()

    @wrap
    def exchange() -> None:
        first.stop()
        second.start()

    first.start()
    exchange()
    second.stop()

    assert [kind for kind, _ in events_of(first)] == ["CALL"]
    assert [kind for kind, _ in events_of(second)] == ["RETURN"]


def test_exchanged_code_is_another_function() -> None:
    def one() -> int:
        return 1

    def two() -> int:
        return 2

    wrapper = wrap(one)

    def work() -> None:
        wrapper()
        one.__code__ = two.__code__
        wrapper()

    assert [name for kind, name in record(work) if kind == "CALL"] == [one.__qualname__, two.__qualname__]


def test_every_thread_is_recorded() -> None:
    recorder = new_recorder()
    recorder.start()
    threads = [threading.Thread(target=leaf) for _ in range(3)]
    for thread in threads:
        thread.start()
        thread.join()
    recorder.stop()

    assert [thread.n_events for thread in recorder.capture().threads] == [0, 2, 2, 2]
    assert events_of(recorder) == RETURNED * 3


def test_threads_at_once_lose_nothing() -> None:
    recorder = new_recorder()
    n_calls = 2_000

    def work() -> None:
        for _ in range(n_calls):
            leaf()

    recorder.start()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.stop()

    assert events_of(recorder) == RETURNED * n_calls * 4


def test_wrappers_made_while_recording_are_recorded() -> None:
    def work() -> None:
        wrap(operator.neg)(1)

    assert record(work) == [("C_CALL", "neg"), ("C_RETURN", "neg")]


def test_wrappers_that_die_while_recording_leave_a_whole_recording() -> None:
    def work() -> None:
        for n in range(50):
            wrap(eval(f"lambda: {n}"))()
            gc.collect(0)

    assert [kind for kind, _ in record(work)] == ["CALL", "RETURN"] * 50


def test_oldest_events_go_when_the_ring_is_full() -> None:
    recorder = new_recorder(max_events=8)
    recorder.start()
    descend(20)
    leaf()
    recorder.stop()

    assert events_of(recorder) == [*[("RETURN", "descend")] * 6, *RETURNED]
