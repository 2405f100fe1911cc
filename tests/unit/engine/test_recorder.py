"""Every native engine, through the facade: what it records, whom it leaves alone, how it stops."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from callbox import _core
from callbox.engine.kernels import decode_capture, fold_events
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.errors import RecordingError
from callbox.model import EventKind, Outcome

HERE = __name__


@pytest.fixture(params=_core.engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def events_of(recorder: NativeRecorder) -> list[tuple[str, str]]:
    """Kind and qualified name of every event of this module's functions, and of C functions."""
    capture = recorder.capture()
    functions = {function.id: function for function in capture.functions}
    events, _, _ = decode_capture(capture)
    named = [
        (EventKind(int(kind)).name, functions[int(code)])
        for kind, code in zip(events["kind"], events["code"], strict=True)
    ]
    return [(kind, f.qualified_name) for kind, f in named if f.module_name == HERE or f.is_c]


def counts_of(recorder: NativeRecorder) -> Counter[str]:
    return Counter(name for kind, name in events_of(recorder) if kind == "CALL")


def leaf(value: int = 0) -> int:
    return value


def branch() -> int:
    return leaf(1) + leaf(2)


def ten_leaves() -> None:
    for _ in range(10):
        leaf()


def raiser() -> None:
    raise KeyError("gone")


def catcher() -> None:
    try:
        raiser()
    except KeyError:
        leaf()


def two_values() -> Iterator[int]:
    yield 1
    yield 2


def deep(n: int) -> int:
    return 0 if n == 0 else 1 + deep(n - 1)


def test_nested_calls_are_recorded_in_order(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    branch()
    recorder.stop()
    assert events_of(recorder) == [
        ("CALL", "branch"),
        ("CALL", "leaf"),
        ("RETURN", "leaf"),
        ("CALL", "leaf"),
        ("RETURN", "leaf"),
        ("RETURN", "branch"),
    ]


def test_an_unwinding_frame_is_not_a_return_of_none(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    catcher()
    recorder.stop()
    assert events_of(recorder) == [
        ("CALL", "catcher"),
        ("CALL", "raiser"),
        ("UNWIND", "raiser"),
        ("CALL", "leaf"),
        ("RETURN", "leaf"),
        ("RETURN", "catcher"),
    ]


def test_a_generator_yields_and_resumes(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    list(two_values())
    recorder.stop()
    assert [kind for kind, _ in events_of(recorder)] == ["CALL", "YIELD", "RESUME", "YIELD", "RESUME", "RETURN"]


def test_a_thrown_exception_enters_by_throw(engine: str) -> None:
    # From 3.13 on a profile hook is told of a throw and a resume alike.
    entry = "RESUME" if engine == "setprofile" and sys.version_info >= (3, 13) else "THROW"
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    generator = two_values()
    next(generator)
    with pytest.raises(ValueError, match="in"):
        generator.throw(ValueError("in"))
    recorder.stop()
    assert [kind for kind, _ in events_of(recorder)] == ["CALL", "YIELD", entry, "UNWIND"]


def test_a_generators_resumes_fold_into_one_call(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    for _ in zip(two_values(), two_values(), strict=True):
        leaf()
    recorder.stop()
    events, alloc, _ = decode_capture(recorder.capture())
    calls, _ = fold_events(events, alloc, int(events["t_ns"][-1]))
    resumed = calls[calls["n_resumes"] > 0]
    assert resumed["n_resumes"].tolist() == [2, 2]
    assert set(resumed["outcome"].tolist()) == {int(Outcome.RETURNED)}


def test_c_calls_are_recorded_on_request(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,), c_calls=True), engine)
    recorder.start()
    raised = caught_int()
    recorder.stop()
    assert raised
    assert ("C_CALL", "len") in events_of(recorder)
    assert ("C_RAISE", "list.pop") in events_of(recorder)


def caught_int() -> bool:
    len("abc")
    try:
        [].pop()
    except IndexError:
        return True
    return False


def test_no_c_call_is_recorded_unasked(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    caught_int()
    recorder.stop()
    assert events_of(recorder) == [("CALL", "caught_int"), ("RETURN", "caught_int")]


def test_filter_excludes_a_module(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(f"!{HERE}",)), engine)
    recorder.start()
    ten_leaves()
    recorder.stop()
    assert counts_of(recorder) == Counter()


def test_unmatched_filter_is_noted(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE, "no.such.module.*")), engine)
    recorder.start()
    leaf()
    recorder.stop()
    assert recorder.capture().header.notes == ("filter 'no.such.module.*' matched no module",)


def test_max_depth_keeps_the_outer_levels(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,), max_depth=1), engine)
    recorder.start()
    branch()
    ten_leaves()
    recorder.stop()
    assert counts_of(recorder) == Counter(branch=1, ten_leaves=1)


def test_full_ring_counts_drops_and_keeps_newest(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,), max_events=16), engine)
    recorder.start()
    ten_leaves()
    branch()
    recorder.stop()
    _, _, threads = decode_capture(recorder.capture())
    assert threads[0].n_events == 28
    assert threads[0].n_dropped == 12
    assert events_of(recorder)[-1] == ("RETURN", "branch")


def test_recorders_overlap_without_sharing(engine: str) -> None:
    outer = NativeRecorder(Options(filters=(HERE,)), engine)
    inner = NativeRecorder(Options(filters=(HERE,), max_depth=1), engine)
    outer.start()
    branch()
    inner.start()
    branch()
    outer.stop()
    branch()
    inner.stop()
    assert counts_of(outer) == Counter(branch=2, leaf=4)
    assert counts_of(inner) == Counter(branch=2)


def test_recorder_dropped_while_its_frames_are_open_is_harmless(engine: str) -> None:
    def stop_and_drop(box: list[NativeRecorder]) -> None:
        box.pop().stop()
        gc.collect()

    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    box = [recorder]
    recorder.start()
    del recorder
    stop_and_drop(box)
    assert leaf(3) == 3


def test_code_that_dies_is_not_mistaken_for_what_takes_its_place(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    for i in range(500):
        namespace = {"__name__": HERE}
        exec(f"def f{i % 5}(): return {i}", namespace)
        namespace[f"f{i % 5}"]()
    recorder.stop()
    assert {name: n for name, n in counts_of(recorder).items() if name != "<module>"} == {
        f"f{i}": 100 for i in range(5)
    }


def test_a_function_compiled_again_keeps_its_id(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    for _ in range(3):
        exec("def again(): pass\nagain()", {"__name__": HERE})
    recorder.stop()
    again = [f for f in recorder.capture().functions if f.qualified_name == "again"]
    assert len(again) == 1


def test_recursion_error_is_the_programs_own(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    with pytest.raises(RecursionError):
        deep(sys.getrecursionlimit() + 10)
    recorder.stop()
    kinds = Counter(kind for kind, _ in events_of(recorder))
    assert kinds["CALL"] == kinds["UNWIND"]


def test_fifty_thousand_levels_do_not_crash(engine: str) -> None:
    limit = sys.getrecursionlimit()
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    sys.setrecursionlimit(60_000)
    recorder.start()
    try:
        assert deep(50_000) == 50_000
    finally:
        recorder.stop()
        sys.setrecursionlimit(limit)
    n_recorded = counts_of(recorder)["deep"]
    noted = [note for note in recorder.capture().header.notes if "C stack" in note]
    assert n_recorded == 50_001 or (noted and n_recorded > 1000)


def test_restart_appends_and_leaves_earlier_captures_alone(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,), max_events=8), engine)
    recorder.start()
    branch()
    recorder.stop()
    capture = recorder.capture()
    before = [bytes(segment) for segment in capture.threads[0].segments]
    recorder.start()
    ten_leaves()
    recorder.stop()
    assert [bytes(segment) for segment in capture.threads[0].segments] == before
    assert recorder.capture().threads[0].n_events == 6 + 1 + 22


def test_what_was_open_at_a_stop_does_not_hold_what_comes_later(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)

    def stopper() -> None:
        recorder.stop()

    recorder.start()
    stopper()
    recorder.start()
    leaf()
    recorder.stop()
    events, alloc, _ = decode_capture(recorder.capture())
    calls, _ = fold_events(events, alloc, int(events["t_ns"][-1]))
    assert calls["parent"].tolist() == [-1, -1]
    assert calls["outcome"].tolist() == [Outcome.LOST, Outcome.RETURNED]


def test_reading_a_running_recording_adds_nothing_to_it(engine: str) -> None:
    recorder = NativeRecorder(Options(), engine)
    recorder.start()
    leaf()
    recorder.capture()
    recorder.capture()
    branch()
    recorder.stop()
    capture = recorder.capture()
    functions = {function.id: function for function in capture.functions}
    events, _, _ = decode_capture(capture)
    assert {functions[int(code)].module_name for code in events["code"]} <= {HERE, ""}


def test_capture_while_recording_does_not_move(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,), max_events=8), engine)
    recorder.start()
    branch()
    capture = recorder.capture()
    before = [bytes(segment) for segment in capture.threads[0].segments]
    ten_leaves()
    recorder.stop()
    assert [bytes(segment) for segment in capture.threads[0].segments] == before


def test_clear_forgets_and_goes_on(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    branch()
    recorder.clear()
    ten_leaves()
    recorder.stop()
    assert counts_of(recorder) == Counter(ten_leaves=1, leaf=10)


def test_memory_counts_bytes_and_blocks_of_a_call(engine: str) -> None:
    def allocate() -> list[bytes]:
        return [bytes(100_000) for _ in range(10)]

    recorder = NativeRecorder(Options(filters=(HERE,), memory=True), engine)
    recorder.start()
    allocate()
    recorder.stop()
    capture = recorder.capture()
    events, alloc, _ = decode_capture(capture)
    calls, call_alloc = fold_events(events, alloc, int(events["t_ns"][-1]))
    assert call_alloc is not None
    row = int(np.flatnonzero(calls["depth"] == 0)[0])
    assert call_alloc[row, 0] >= 1_000_000
    assert call_alloc[row, 1] >= 10


def test_start_twice_is_refused(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    with pytest.raises(RecordingError, match="already recording"):
        recorder.start()
    recorder.stop()


def test_times_rise_and_lie_between_start_and_end(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    for _ in range(100):
        branch()
    recorder.stop()
    header = recorder.capture().header
    events, _, _ = decode_capture(recorder.capture())
    assert (np.diff(events["t_ns"]) >= 0).all()
    slack_ns = 1_000_000
    assert events["t_ns"][0] >= header.started.epoch_ns - slack_ns
    assert events["t_ns"][-1] <= header.ended.epoch_ns + slack_ns
