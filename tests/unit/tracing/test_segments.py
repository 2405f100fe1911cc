from __future__ import annotations

import numpy as np
import pytest
from tests.support.captures import EPOCH_NS, CaptureBuilder
from tests.support.recordings import record_generators, record_tasks

from callbox.model import GREENLET, EventKind
from callbox.recording import Recording
from callbox.tracing.segments import find_stacks


@pytest.fixture
def builder() -> CaptureBuilder:
    return CaptureBuilder()


@pytest.fixture
def generators(builder) -> Recording:
    return record_generators(builder)


@pytest.fixture
def tasks(builder) -> Recording:
    return record_tasks(builder)


def rows_of(recording, stack) -> list[tuple[str, int, int, int]]:
    """Name, depth, start and end in µs of every segment."""
    segments = stack.segments
    codes = recording.tree.calls["code"][segments.row].tolist()
    names = [recording.functions[code].name for code in codes]
    starts = ((segments.start_ns - EPOCH_NS) // 1_000).tolist()
    ends = ((segments.end_ns - EPOCH_NS) // 1_000).tolist()
    return list(zip(names, segments.depth.tolist(), starts, ends, strict=True))


def test_resumed_generator_is_one_segment_for_each_entry_below_who_resumed_it(generators) -> None:
    first, _ = find_stacks(generators.events, generators.tree.calls)

    assert rows_of(generators, first) == [
        ("main", 0, 1, 20),
        ("numbers", 1, 2, 3),
        ("work", 1, 4, 7),
        ("numbers", 2, 5, 6),
        ("fails", 1, 8, 9),
    ]


def test_thread_without_generators_has_its_calls_for_segments(generators) -> None:
    _, second = find_stacks(generators.events, generators.tree.calls)

    assert second.thread == 1
    assert rows_of(generators, second) == [("work", 0, 2, 4)]


def test_entry_that_never_ended_ends_with_its_call(builder) -> None:
    main, numbers = builder.function("main"), builder.function("numbers")
    thread = builder.thread().call(main, at=1_000).call(numbers, frame=7, at=2_000).suspend(numbers, at=3_000)
    thread.resume(numbers, frame=7, at=5_000)
    recording = Recording(builder.build())

    [stack] = find_stacks(recording.events, recording.tree.calls)

    assert rows_of(recording, stack)[-1] == ("numbers", 1, 5, 1_000_000)


def test_generator_that_began_before_the_recording_has_segments_too(builder) -> None:
    numbers = builder.function("numbers")
    thread = builder.thread().resume(numbers, frame=7, at=1_000).suspend(numbers, at=2_000)
    thread.resume(numbers, frame=7, at=3_000).ret(numbers, at=4_000)
    recording = Recording(builder.build())

    [stack] = find_stacks(recording.events, recording.tree.calls)

    assert rows_of(recording, stack) == [("numbers", 0, 1, 2), ("numbers", 0, 3, 4)]


def test_lost_end_does_not_deepen_what_comes_after(builder) -> None:
    main, lost, work, numbers = (builder.function(name) for name in ("main", "lost", "work", "numbers"))
    thread = builder.thread().call(main, at=1_000).call(numbers, frame=7, at=2_000).suspend(numbers, at=3_000)
    thread.call(lost, at=4_000).ret(main, at=5_000)
    thread.call(work, at=6_000).resume(numbers, frame=7, at=7_000).ret(numbers, at=8_000).ret(work, at=9_000)
    recording = Recording(builder.build())

    [stack] = find_stacks(recording.events, recording.tree.calls)

    assert rows_of(recording, stack)[-2:] == [("work", 0, 6, 9), ("numbers", 1, 7, 8)]


def test_greenlets_have_stacks_of_their_own(builder) -> None:
    main, other = builder.function("main"), builder.function("other")
    thread = builder.thread().call(main, at=1_000)
    thread.event(EventKind.GREENLET_SWITCH, other, frame=5, at=2_000).call(other, at=3_000).ret(other, at=4_000)
    recording = Recording(builder.build())

    stacks = list(find_stacks(recording.events, recording.tree.calls))

    assert [stack.greenlet >= GREENLET for stack in stacks] == [False, True]
    assert [rows_of(recording, stack)[0][:2] for stack in stacks] == [("main", 0), ("other", 0)]


def test_segments_of_a_level_never_overlap(tasks) -> None:
    [stack] = find_stacks(tasks.events, tasks.tree.calls)
    segments = stack.segments
    of_level = [segments.take(np.flatnonzero(segments.depth == level)) for level in range(2)]

    assert [bool((level.end_ns[:-1] <= level.start_ns[1:]).all()) for level in of_level] == [True, True]
    assert [len(level) for level in of_level] == [1, 4]
