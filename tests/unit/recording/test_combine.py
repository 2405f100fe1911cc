"""Several recordings in one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.captures import EPOCH_NS, CaptureBuilder

from callbox.model import Capture, ClockReading, EventKind
from callbox.recording import Recording, open_recording, write_box
from callbox.recording.combine import combine_captures

COMPARED = ("parent", "depth", "outcome", "n_resumes", "task", "n_nested", "is_partial")


def combined(**captures: Capture) -> Recording:
    return Recording(combine_captures({f"{name}.cbx": capture for name, capture in captures.items()}))


def test_one_recording_stays_what_it_was(small_capture) -> None:
    before, after = Recording(small_capture), combined(a=small_capture)

    assert after.events["t_ns"].tolist() == before.events["t_ns"].tolist()
    assert after.events["kind"].tolist() == before.events["kind"].tolist()
    assert [after.tree.calls[field].tolist() for field in COMPARED] == [
        before.tree.calls[field].tolist() for field in COMPARED
    ]
    assert (after.n_events, after.dropped, after.duration_ns) == (before.n_events, 0, before.duration_ns)


def test_functions_of_one_name_are_one_function() -> None:
    captures = []
    for names in (["main", "load"], ["other", "load", "main"]):
        builder = CaptureBuilder()
        thread = builder.thread()
        for name in names:
            function = builder.function(name, line_number=1)
            thread.call(function).ret(function)
        captures.append(builder.build())

    recording = combined(a=captures[0], b=captures[1])

    names = [recording.functions[code].name for code in recording.tree.calls["code"].tolist()]
    assert names == ["main", "load", "other", "load", "main"]
    assert sorted(function.name for function in recording.functions.values()) == ["load", "main", "other"]


def on_clock(capture: Capture, *, rate: int, epoch_ns: int) -> Capture:
    """Say that a capture was made elsewhere: its clock ticked so many times in a nanosecond, since another time."""
    started, ended = capture.header.started, capture.header.ended
    n_ticks = ended.ticks - started.ticks
    header = dataclasses.replace(
        capture.header,
        started=ClockReading(started.ticks, 5, epoch_ns),
        ended=ClockReading(ended.ticks, 5 + n_ticks // rate, epoch_ns + n_ticks // rate),
    )
    return dataclasses.replace(capture, header=header)


def test_clocks_of_different_machines_become_one(small_capture) -> None:
    later = on_clock(small_capture, rate=2, epoch_ns=EPOCH_NS + 3_600 * 10**9)

    recording = combined(a=small_capture, b=later)

    calls = recording.tree.calls
    alone = Recording(later).tree.calls
    assert calls["t_start_ns"][len(calls) // 2 :].tolist() == alone["t_start_ns"].tolist()
    assert recording.header.started.epoch_ns == EPOCH_NS
    assert recording.duration_ns == 3_600 * 10**9 + 10**9 // 2


@given(
    gaps=st.lists(st.sampled_from([1, 1000, 1 << 31, 1 << 32, (1 << 32) + 5, 1 << 34]), min_size=2, max_size=12),
    start=st.sampled_from([1, (3 << 32) - 5, (1 << 63) - 1]),
)
def test_times_survive_every_turn_of_the_clock(gaps, start) -> None:
    builder = CaptureBuilder(start_ticks=start)
    main = builder.function("main")
    thread = builder.thread()
    now = 0
    for gap in gaps:
        now += gap
        thread.call(main, at=now, frame=77).ret(main, at=now + 1)
    capture = builder.build()

    before, after = Recording(capture), combined(a=capture)

    # A rate that is no whole number is rounded once more.
    assert np.abs(after.events["t_ns"] - before.events["t_ns"]).max() <= 1
    assert after.events["frame"].tolist() == before.events["frame"].tolist()


def test_values_stay_with_their_calls() -> None:
    builder = CaptureBuilder(mode="trace")
    add = builder.function("add", parameters=("a", "b"))
    builder.thread().values(1, "x").call(add).values(3).ret(add)
    traced = builder.build()
    builder = CaptureBuilder()
    builder.thread().call(builder.function("plain")).ret(builder.function("plain"))

    recording = combined(a=traced, b=builder.build(), c=traced)

    values = recording.values
    assert values is not None
    assert [values.arguments(0), values.result(0)] == [{"a": 1, "b": "x"}, 3]
    assert [values.arguments(2), values.result(2)] == [{"a": 1, "b": "x"}, 3]


def test_processes_of_one_number_are_told_apart(small_capture) -> None:
    recording = combined(a=small_capture, b=small_capture)

    assert [thread.process_id for thread in recording.threads] == [4321, 4321, 4322, 4322]
    assert recording.notes == ("process 4321 of b.cbx is process 4322 here",)


def test_memory_counts_stay_with_their_calls(small_capture) -> None:
    builder = CaptureBuilder(memory=True)
    main = builder.function("main")
    builder.thread().call(main, n_bytes=8).ret(main, n_bytes=64, n_blocks=2)

    recording = combined(a=builder.build(), b=small_capture)

    assert recording.tree.alloc is not None
    assert recording.tree.alloc[0].tolist() == [64, 2]
    assert recording.tree.alloc[1:].max() == 0


def test_tasks_and_drops_are_kept() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    thread = builder.thread(capacity=5)
    for _ in range(10):
        thread.call(main).ret(main)
    builder.thread("tasks").event(EventKind.TASK_SWITCH, main, frame=5).call(main).ret(main)
    capture = builder.build()

    recording = combined(a=capture)

    assert recording.dropped == Recording(capture).dropped == 15
    assert recording.tree.calls["task"].tolist() == Recording(capture).tree.calls["task"].tolist()


def test_header_tells_of_all(small_capture) -> None:
    other = dataclasses.replace(
        small_capture,
        header=dataclasses.replace(
            small_capture.header, engine="frameeval", mode="trace", exit_status="exit code 1", notes=("odd",)
        ),
    )

    header = combined(a=small_capture, b=other).header

    assert (header.engine, header.mode, header.filters) == (
        "setprofile, frameeval",
        "trace",
        small_capture.header.filters,
    )
    assert header.exit_status == "a.cbx: unknown; b.cbx: exit code 1"
    assert "b.cbx: odd" in header.notes


def test_combined_recording_is_written_and_read(small_capture, tmp_path) -> None:
    write_box(combine_captures({"a.cbx": small_capture, "b.cbx": small_capture}), tmp_path / "out.cbx")

    recording = open_recording(tmp_path / "out.cbx")

    assert recording.damage == ()
    assert len(recording.tree.calls) == 10


def test_thread_without_events_is_kept() -> None:
    builder = CaptureBuilder()
    builder.thread("idle")
    main = builder.function("main")
    builder.thread().call(main).ret(main)

    recording = combined(a=builder.build())

    assert [thread.name for thread in recording.threads] == ["idle", "MainThread"]
    assert len(recording.tree.calls) == 1


@pytest.mark.parametrize("mode", ["static", "profile"])
def test_mode_is_that_of_the_fullest(small_capture, mode) -> None:
    other = dataclasses.replace(small_capture, header=dataclasses.replace(small_capture.header, mode=mode))

    assert combined(a=other, b=small_capture).header.mode == "profile"
