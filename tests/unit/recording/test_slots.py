from __future__ import annotations

import struct

import pytest

from callbox.model import EventKind
from callbox.recording.slots import (
    bridge,
    codes_of,
    count_up_to_last_event,
    is_known_kind,
    iter_blocks,
    step_high,
    sum_turns,
    words_of,
)


def slots_of(*words: int) -> bytes:
    return b"".join(struct.pack("<II", 0, word) for word in words)


def test_blocks_never_span_two_segments() -> None:
    segments = [memoryview(bytes(5 * 8)), memoryview(bytes(3 * 8))]

    assert [block.nbytes // 8 for block in iter_blocks(segments, 4)] == [4, 1, 3]


def test_codes_are_those_of_calls_not_of_prefixes_or_switches() -> None:
    kinds = [EventKind.FRAME, EventKind.CALL, EventKind.C_RAISE, EventKind.TASK_SWITCH, EventKind.TIME]
    words = words_of(slots_of(*(kind | (100 + kind) << 8 for kind in kinds)))

    assert codes_of(words).tolist() == [101, 109]


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_is_known(kind) -> None:
    assert is_known_kind(words_of(slots_of(EventKind.CALL, kind))).tolist() == [True, True]


@pytest.mark.parametrize("kind", [16, 31, 255])
def test_prefix_of_any_kind_can_be_passed_over(kind) -> None:
    assert is_known_kind(words_of(slots_of(EventKind.CALL, kind))).tolist() == [True, True]


@pytest.mark.parametrize("kind", [0, 14, 15])
def test_other_kinds_are_unknown(kind) -> None:
    assert is_known_kind(words_of(slots_of(EventKind.CALL, kind))).tolist() == [True, False]


def test_turns_of_the_clock_are_signed() -> None:
    words = words_of(slots_of(EventKind.TIME | 5 << 8, EventKind.CALL | 9 << 8, EventKind.TIME | 0xFFFFFE << 8))

    assert sum_turns(words) == 3


@pytest.mark.parametrize(("before", "after"), [(7, 9), (9, 7), (0xFFFFFFFF, 1), (5, 5)])
def test_bridge_turns_the_clock_across_a_gap(before, after) -> None:
    words = words_of(bridge(before, after))

    assert step_high(before, sum_turns(words)) == after


@pytest.mark.parametrize(
    ("kinds", "n_slots"),
    [
        ([EventKind.CALL, EventKind.FRAME], 1),
        ([EventKind.VALUE, EventKind.CALL], 2),
        ([EventKind.VALUE, EventKind.TIME], 0),
        ([], 0),
    ],
)
def test_slots_up_to_the_last_event_are_counted(kinds, n_slots) -> None:
    assert count_up_to_last_event(words_of(slots_of(*kinds))) == n_slots
