"""The oracle as a recorder: slots, limits, lifecycle, names, and whose hooks it leaves alone."""

from __future__ import annotations

import struct
import sys
import threading
from collections import deque

import pytest

from callbox.engine.kernels import decode_capture, fold_events
from callbox.engine.options import Options
from callbox.engine.oracle import OracleRecorder
from callbox.engine.oracle._journal import Journal
from callbox.errors import EngineError, RecordingError
from callbox.model import EventKind, Outcome

HAS_MONITORING = hasattr(sys, "monitoring")
settrace_only = pytest.mark.skipif(HAS_MONITORING, reason="the trace function is the hook of 3.11")
monitoring_only = pytest.mark.skipif(not HAS_MONITORING, reason="sys.monitoring is the hook from 3.12 on")


def leaf(n):
    return n


def caller(n):
    return leaf(n) + leaf(n)


def numbers():
    yield 1
    yield 2


def make_recorder(**options):
    return OracleRecorder(Options(engine="oracle", **{"filters": (__name__,), **options}))


def record(function, *args, **options):
    recorder = make_recorder(**options)
    recorder.start()
    function(*args)
    recorder.stop()
    return recorder.capture()


def slots_of(journal):
    return [(low, EventKind(word & 0xFF), word >> 8) for low, word in struct.iter_unpack("<II", journal.slots())]


def events_of(capture):
    functions = {function.id: function.name for function in capture.functions}
    events, _, _ = decode_capture(capture)
    return [
        f"{EventKind(kind).name} {functions[code]}" for kind, code in zip(events["kind"], events["code"], strict=True)
    ]


def test_event_is_one_slot_of_ticks_kind_and_function() -> None:
    journal = Journal(8, 0)

    journal.append(0x5_0000_0007, EventKind.CALL, 3)

    assert slots_of(journal) == [(7, EventKind.CALL, 3)]
    assert journal.ticks_high == 5


def test_generator_event_follows_its_frame() -> None:
    journal = Journal(8, 0)

    journal.append(9, EventKind.RESUME, 3, frame_identity=0xAB_1234_5678_9ABC)

    assert slots_of(journal) == [(0x5678_9ABC, EventKind.FRAME, 0xAB_1234), (9, EventKind.RESUME, 3)]
    assert journal.n_events == 1


def test_change_of_the_high_half_is_told_once() -> None:
    journal = Journal(8, 0)
    journal.append(0x1_FFFF_FFFF, EventKind.CALL, 3)

    journal.append(0x3_0000_0004, EventKind.RETURN, 3)
    journal.append(0x3_0000_0005, EventKind.CALL, 3)

    assert slots_of(journal)[1:] == [
        (4, EventKind.TIME, 2),
        (4, EventKind.RETURN, 3),
        (5, EventKind.CALL, 3),
    ]


def test_high_half_that_goes_back_is_a_negative_turn() -> None:
    journal = Journal(8, 0)
    journal.append(0x3_0000_0000, EventKind.CALL, 3)

    journal.append(0x2_0000_0000, EventKind.RETURN, 3)

    assert slots_of(journal)[1] == (0, EventKind.TIME, 0xFF_FFFF)


def test_full_journal_keeps_the_newest_and_counts_all() -> None:
    capture = record(deque, map(leaf, range(10)), 0, max_events=3)

    assert capture.threads[0].n_events == 20
    assert events_of(capture) == ["CALL leaf", "RETURN leaf"] * 2


def test_core_decodes_and_folds_what_the_oracle_wrote() -> None:
    capture = record(caller, 1)

    events, _, threads = decode_capture(capture)
    calls, _ = fold_events(events, None, capture.header.ended.epoch_ns)

    assert threads[0].n_dropped == 0
    assert events_of(capture) == [
        *("CALL caller", "CALL leaf", "RETURN leaf"),
        *("CALL leaf", "RETURN leaf", "RETURN caller"),
    ]
    assert calls["parent"].tolist() == [-1, 0, 0]
    assert set(calls["outcome"]) == {Outcome.RETURNED}
    assert capture.header.started.epoch_ns <= calls["t_start_ns"][0] <= calls["t_end_ns"][0]


def test_resumes_of_a_generator_carry_one_identity() -> None:
    capture = record(list, numbers())

    events, _, _ = decode_capture(capture)

    assert len(set(events["frame"][[0, 2, 4]])) == 1
    assert events["frame"][0] != 0
    assert set(events["frame"][[1, 3, 5]]) == {0}


def test_header_says_how_it_was_recorded() -> None:
    header = record(leaf, 1, c_calls=True, max_depth=3, max_events=100).header

    assert (header.engine, header.c_calls, header.max_depth, header.max_events) == ("oracle", True, 3, 100)
    assert header.filters == (__name__,)
    assert header.notes == ()


def test_filter_that_matched_no_module_is_noted() -> None:
    capture = record(leaf, 1, filters=("nowhere.*", __name__))

    assert capture.header.notes == ("filter 'nowhere.*' matched no module",)


def test_function_is_described() -> None:
    capture = record(leaf, 1)

    (function,) = [f for f in capture.functions if f.name == "leaf"]
    assert (function.full_name, function.filename) == (f"{__name__}.leaf", __file__)
    assert function.line_number == leaf.__code__.co_firstlineno
    assert function.code_flags == leaf.__code__.co_flags
    assert not function.is_c


def test_function_compiled_twice_is_one_function() -> None:
    source = compile("def made(): pass\nmade()", "<made>", "exec")
    again = compile("def made(): pass\nmade()", "<made>", "exec")

    capture = record(lambda: [exec(code, {"__name__": __name__}) for code in (source, again)])

    assert [f.name for f in capture.functions].count("made") == 1
    assert events_of(capture).count("CALL made") == 2


def test_frames_that_ran_before_are_not_in_the_recording() -> None:
    recorder = make_recorder()

    def inside():
        recorder.start()
        leaf(1)

    inside()
    leaf(2)
    recorder.stop()

    assert events_of(recorder.capture()) == ["CALL leaf", "RETURN leaf"] * 2


def test_generator_running_at_the_start_is_recorded_from_its_next_resume() -> None:
    recorder = make_recorder()

    def starts_inside():
        recorder.start()
        yield leaf(1)
        yield 2

    for _ in starts_inside():
        pass
    recorder.stop()

    assert events_of(recorder.capture()) == [
        *("CALL leaf", "RETURN leaf"),
        *("RESUME starts_inside", "YIELD starts_inside", "RESUME starts_inside", "RETURN starts_inside"),
    ]


def test_recording_goes_on_after_a_second_start() -> None:
    recorder = make_recorder()
    recorder.start()
    leaf(1)
    recorder.stop()
    leaf(2)

    recorder.start()
    caller(3)
    recorder.stop()

    assert len(recorder.capture().threads) == 1
    assert events_of(recorder.capture()).count("CALL leaf") == 3


def test_clear_forgets_what_was_recorded_and_goes_on() -> None:
    recorder = make_recorder()
    recorder.start()
    leaf(1)

    recorder.clear()
    caller(2)
    recorder.stop()

    assert events_of(recorder.capture())[0] == "CALL caller"
    assert recorder.capture().threads[0].n_events == 6


def test_capture_while_recording_does_not_change_afterwards() -> None:
    recorder = make_recorder()
    recorder.start()
    leaf(1)
    capture = recorder.capture()
    leaf(2)
    recorder.stop()

    assert len(events_of(capture)) == 2
    assert len(events_of(recorder.capture())) == 4


def test_threads_are_kept_apart_and_named() -> None:
    recorder = make_recorder()
    recorder.start()
    called, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: (leaf(1), called.set(), done.wait()), name="worker")
    thread.start()
    called.wait()
    leaf(2)
    capture = recorder.capture()
    done.set()
    thread.join()
    recorder.stop()

    assert sorted(t.name for t in capture.threads) == ["MainThread", "worker"]
    assert {t.ident for t in capture.threads} == {threading.get_ident(), thread.ident}


def test_thread_still_running_at_stop_records_nothing_after_it() -> None:
    recorder = make_recorder()
    go, done = threading.Event(), threading.Event()

    def work():
        leaf(1)
        done.set()
        go.wait()
        leaf(2)

    recorder.start()
    thread = threading.Thread(target=work)
    thread.start()
    done.wait()
    recorder.stop()
    go.set()
    thread.join()

    assert events_of(recorder.capture()).count("CALL leaf") == 1


def test_second_start_while_recording_is_refused() -> None:
    recorder = make_recorder()
    recorder.start()

    with pytest.raises(RecordingError, match="already recording"):
        recorder.start()

    recorder.stop()
    assert not recorder.is_recording


def test_stop_without_start_does_nothing() -> None:
    recorder = make_recorder()

    recorder.stop()

    assert recorder.capture().threads == ()


def test_memory_is_refused() -> None:
    with pytest.raises(EngineError, match="counts no memory"):
        make_recorder(memory=True)


@settrace_only
@pytest.mark.parametrize("setter", [sys.settrace, threading.settrace])
def test_foreign_trace_function_is_not_stolen(setter) -> None:
    def foreign(*_):
        return None

    setter(foreign)
    try:
        with pytest.raises(EngineError, match=r"settrace already holds .*foreign"):
            make_recorder().start()
        found = sys.gettrace() or threading.gettrace()
    finally:
        setter(None)

    assert found is foreign


@settrace_only
@pytest.mark.parametrize("setter", [sys.setprofile, threading.setprofile])
def test_foreign_profile_function_matters_for_c_calls_only(setter) -> None:
    def foreign(*_):
        return None

    setter(foreign)
    try:
        with pytest.raises(EngineError, match=r"setprofile already holds .*foreign"):
            make_recorder(c_calls=True).start()
        capture = record(leaf, 1)
    finally:
        setter(None)

    assert events_of(capture) == ["CALL leaf", "RETURN leaf"]


@settrace_only
def test_stop_leaves_a_trace_function_set_meanwhile_alone_and_says_so() -> None:
    def foreign(*_):
        return None

    recorder = make_recorder()
    recorder.start()
    leaf(1)
    sys.settrace(foreign)
    recorder.stop()
    found = sys.gettrace()
    sys.settrace(None)

    assert found is foreign
    assert recorder.capture().header.notes == ("the program replaced the hook; calls after that are missing",)


@monitoring_only
def test_taken_tool_ids_are_not_stolen() -> None:
    for tool_id in (3, 4):
        sys.monitoring.use_tool_id(tool_id, "foreign")
    try:
        with pytest.raises(EngineError, match="held by 'foreign' and 'foreign'"):
            make_recorder().start()
    finally:
        for tool_id in (3, 4):
            sys.monitoring.free_tool_id(tool_id)


@pytest.mark.parametrize("c_calls", [False, True])
def test_stop_removes_every_hook(c_calls) -> None:
    record(leaf, 1, c_calls=c_calls)

    assert (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()) == (None,) * 4
