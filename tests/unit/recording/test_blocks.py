from __future__ import annotations

import struct

import numpy as np
import pytest

from callbox.model import EventKind
from callbox.recording.blocks import BlockError, ThreadBlocks
from callbox.recording.box import ThreadRow

ROW = ThreadRow(
    ident=1,
    native_id=2,
    name="main",
    process_id=3,
    n_events=100,
    n_slots=10,
    values_head=70_000,
    values_capacity=1 << 16,
)
KNOWN = np.array([False, True])


def block_of(n_slots: int, kind: int = EventKind.CALL, code: int = 1) -> memoryview:
    return memoryview(struct.pack("<II", 0, kind | code << 8) * n_slots)


@pytest.fixture
def blocks() -> ThreadBlocks:
    return ThreadBlocks(4, ROW, np.pad(KNOWN, (0, (1 << 24) - 2)))


def test_whole_thread_lacks_nothing(blocks) -> None:
    blocks.add(block_of(6), first=0, high=7)
    blocks.add(block_of(4), first=6, high=8)
    blocks.values.add(memoryview(bytes(1 << 16)), position=0)

    thread = blocks.capture()

    assert blocks.describe_gaps() + blocks.values.describe_gaps() == []
    assert [segment.nbytes for segment in thread.segments] == [48, 32]
    assert (thread.ident, thread.native_id, thread.name, thread.process_id) == (1, 2, "main", 3)
    assert (thread.n_events, thread.ticks_high) == (100, 8)


def test_gaps_are_named_and_bridged(blocks) -> None:
    blocks.add(block_of(2), first=1, high=7)
    blocks.add(block_of(3), first=5, high=9)

    assert blocks.describe_gaps() == [
        "thread 4 ('main') lacks 1 of its 10 slots, from slot 0 on",
        "thread 4 ('main') lacks 2 of its 10 slots, from slot 3 on",
        "thread 4 ('main') lacks 2 of its 10 slots, from slot 8 on",
    ]
    assert [memoryview(segment).nbytes for segment in blocks.capture().segments] == [16, 8, 24]


def test_thread_without_blocks_lacks_everything(blocks) -> None:
    assert blocks.describe_gaps() == ["thread 4 ('main') lacks 10 of its 10 slots, from slot 0 on"]
    assert blocks.capture().segments == ()


@pytest.mark.parametrize(
    ("block", "first", "reason"),
    [
        (block_of(0), 0, "has 0 bytes"),
        (block_of((1 << 15) + 1), 0, "has 262152 bytes"),
        (memoryview(b"1234567"), 0, "has 7 bytes"),
        (block_of(3), 8, "slots 8 to 10 .* are out of place"),
        (block_of(3), (1 << 64) - 1, "are out of place"),
        (block_of(1, kind=0), 0, "a kind that this callbox does not know"),
        (block_of(1, code=2), 0, "names a function that the table of functions lacks"),
    ],
    ids=["empty", "too-long", "cut", "beyond-end", "far-beyond", "unknown-kind", "unknown-function"],
)
def test_impossible_block_is_refused(blocks, block, first, reason) -> None:
    with pytest.raises(BlockError, match=reason):
        blocks.add(block, first, high=0)


def test_block_that_overlaps_an_earlier_one_is_refused(blocks) -> None:
    blocks.add(block_of(4), first=0, high=0)

    with pytest.raises(BlockError, match="out of place: 4 came before"):
        blocks.add(block_of(2), first=3, high=0)


def test_prefixes_before_a_gap_are_not_taken_for_those_of_an_event_after_it(blocks) -> None:
    high_turns = struct.pack("<II", 0, EventKind.TIME | 2 << 8)
    loose = block_of(1, kind=EventKind.VALUE)
    blocks.add(memoryview(bytes(block_of(1)) + bytes(loose) + high_turns), first=0, high=9)
    blocks.add(loose, first=3, high=9)
    blocks.add(block_of(2), first=6, high=9)

    first, bridge, second = blocks.capture().segments

    assert (first.nbytes, second.nbytes) == (8, 16)
    assert bytes(bridge) == high_turns


def test_values_of_neighbouring_blocks_are_joined(blocks) -> None:
    blocks.values.add(memoryview(b"abc"), position=10)
    blocks.values.add(memoryview(b"de"), position=13)
    blocks.values.add(memoryview(b"f"), position=20)

    values = blocks.capture().values

    assert (values.head, values.capacity) == (70_000, 1 << 16)
    assert values.pieces == ((10, b"abcde"), (20, b"f"))
    assert blocks.values.describe_gaps() == [
        "thread 4 ('main') lacks 10 of its 65536 bytes of values, from byte 0 on",
        "thread 4 ('main') lacks 5 of its 65536 bytes of values, from byte 15 on",
        "thread 4 ('main') lacks 65515 of its 65536 bytes of values, from byte 21 on",
    ]


@pytest.mark.parametrize(
    ("octets", "position", "reason"),
    [
        (b"", 100, "a block of values of thread 4 .* has 0 bytes"),
        (bytes(65_537), 100, "has 65537 bytes"),
        (b"abc", 65_534, "bytes 65534 to 65536 of the values .* are out of place"),
        (b"abc", (1 << 64) - 1, "are out of place"),
        (b"abc", 9, "are out of place: 10 came before, and there are 65536"),
    ],
    ids=["empty", "too-long", "beyond-end", "far-beyond", "overlap"],
)
def test_impossible_block_of_values_is_refused(blocks, octets, position, reason) -> None:
    blocks.values.add(memoryview(bytes(10)), position=0)

    with pytest.raises(BlockError, match=reason):
        blocks.values.add(memoryview(octets), position)
