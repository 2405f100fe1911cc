from __future__ import annotations

import dataclasses
import gc
import weakref

import numpy as np
import pytest
from tests.support.captures import EPOCH_NS, CaptureBuilder

from callbox.model import EventKind, Outcome
from callbox.recording import Recording


def test_events_carry_times_frames_threads_and_calls(small_capture) -> None:
    events = Recording(small_capture).events

    assert events["kind"].tolist() == [1, 1, 4, 1, 2, 5, 2, 2, 1, 1, 3, 2]
    assert events["code"].tolist() == [1, 3, 3, 2, 2, 3, 3, 1, 2, 4, 4, 2]
    assert events["thread"].tolist() == [0] * 8 + [1] * 4
    assert events["frame"].tolist() == [0, 77, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0]
    assert (events["t_ns"] - EPOCH_NS).tolist() == [*range(1_000, 9_000, 1_000), *range(1_000, 5_000, 1_000)]
    assert events["call"].tolist() == [0, 1, 1, 2, 2, 1, 1, 0, 3, 4, 4, 3]


def test_tree_joins_the_resumes_of_a_generator(small_capture) -> None:
    calls = Recording(small_capture).tree.calls

    assert calls["code"].tolist() == [1, 3, 2, 2, 4]
    assert calls["parent"].tolist() == [-1, 0, 0, -1, 3]
    assert calls["n_resumes"].tolist() == [0, 1, 0, 0, 0]
    assert calls["inclusive_ns"].tolist() == [7_000, 2_000, 1_000, 3_000, 1_000]
    assert calls["outcome"][4] == Outcome.RAISED


def test_functions_are_those_that_occur(small_capture) -> None:
    recording = Recording(small_capture)

    assert [function.name for function in recording.functions.values()] == ["main", "work", "numbers", "fails"]
    assert recording.tree.functions == recording.functions


def test_switch_between_tasks_names_no_function() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    not_a_function = dataclasses.replace(main, id=9_999)
    builder.thread().call(main).event(EventKind.TASK_SWITCH, not_a_function, frame=5).ret(main)

    recording = Recording(builder.build())

    assert list(recording.functions) == [main.id]
    assert recording.n_events == 3


def test_overwritten_events_are_counted_as_dropped() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    builder.thread(capacity=3).call(main).ret(main).call(main).ret(main).call(main)

    recording = Recording(builder.build())

    assert (recording.n_events, recording.dropped) == (3, 2)
    assert recording.events["kind"].tolist() == [EventKind.CALL, EventKind.RETURN, EventKind.CALL]


def test_arrays_are_read_only(small_capture) -> None:
    recording = Recording(small_capture)

    with pytest.raises(ValueError, match="read-only"):
        recording.events["kind"] = 0
    with pytest.raises(ValueError, match="read-only"):
        recording.tree.calls["code"] = 0


def test_memory_is_folded_into_the_calls() -> None:
    builder = CaptureBuilder(memory=True)
    main, work = builder.function("main"), builder.function("work")
    thread = builder.thread()
    thread.call(main).call(work, n_bytes=100, n_blocks=1).ret(work, n_bytes=30, n_blocks=2).ret(main)

    alloc = Recording(builder.build()).tree.alloc

    assert alloc is not None
    assert alloc.tolist() == [[130, 3], [30, 2]]


def test_duration_is_that_of_the_monotonic_clock(small_capture) -> None:
    assert Recording(small_capture).duration_ns == 1_000_000_000


def test_notes_say_that_the_program_did_not_close_its_recording() -> None:
    complete = CaptureBuilder(notes=("degraded",)).build()
    cut = CaptureBuilder(notes=("degraded",), is_complete=False).build()

    assert Recording(complete).notes == ("degraded",)
    assert Recording(cut).notes[0] == "degraded"
    assert "without closing the recording" in Recording(cut).notes[1]


def test_capture_of_nothing_has_no_events() -> None:
    recording = Recording(CaptureBuilder().build())

    assert (recording.n_events, recording.dropped, recording.threads, dict(recording.functions)) == (0, 0, (), {})
    assert len(recording.tree.calls) == 0


def test_owner_of_live_slots_lives_as_long_as_the_recording() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    builder.thread().call(main).ret(main)
    capture = builder.build()
    live = np.frombuffer(capture.threads[0].segments[0], np.uint8).copy()
    owner = weakref.ref(live)
    thread = dataclasses.replace(capture.threads[0], segments=(memoryview(live),))
    recording = Recording(dataclasses.replace(capture, threads=(thread,)))
    del live, thread

    gc.collect()

    assert owner() is not None
    assert recording.n_events == 2
