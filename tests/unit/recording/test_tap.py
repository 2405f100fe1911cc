"""A tap gives what a ring's producer has written, once, and says what it could not get."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from tests.support.parts import FIRST_TICKS, RingFile, slot

from callbox.model import EventKind
from callbox.recording.tap import Draught, RingTap

CALLS = [slot(EventKind.CALL, code, after=code) for code in range(1, 9)]
RING = RingFile(CALLS)


def codes(draught: Draught) -> list[int]:
    return [word >> 8 for block in draught.blocks for word in block.slots["word"].tolist()]


def taken(path: Path) -> tuple[int, int]:
    return struct.unpack_from("<QQ", path.read_bytes(), 256)


def test_newest_slots_are_left_to_a_producer_that_goes_on(tmp_path) -> None:
    tap = RingTap(RING.write(tmp_path))

    assert codes(tap.pull()) == [1, 2, 3, 4]
    assert codes(tap.pull()) == []
    assert codes(tap.pull(is_last=True)) == [5, 6, 7, 8]
    assert tap.newest_ticks == FIRST_TICKS + 8


def test_producer_is_told_what_was_taken_when_that_is_safe(tmp_path) -> None:
    path = RING.replace(arena=b"abcdefgh", arena_head=5).write(tmp_path)
    tap = RingTap(path)

    tap.pull()
    before = taken(path)
    tap.confirm()

    assert (before, taken(path)) == ((0, 0), (4, 5))


def test_producer_that_goes_on_alone_is_told_so(tmp_path) -> None:
    path = RING.write(tmp_path)

    RingTap(path).release()

    assert taken(path) == (1 << 63, 1 << 63)


def test_slots_that_were_overwritten_are_counted(tmp_path) -> None:
    path = RING.write(tmp_path)
    tap = RingTap(path)
    tap.pull()
    path.write_bytes(RING.replace(head=19, lap=16).pack())

    draught = tap.pull(is_last=True)

    [block] = draught.blocks
    assert (block.first, codes(draught)) == (11, [4, 5, 6, 7, 8, 1, 2, 3])
    assert (tap.n_taken, tap.n_lost) == (19, 7)


def test_blocks_know_the_clock_at_their_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("callbox.recording.tap.BLOCK_MAX_SLOTS", 3)
    turn = slot(EventKind.TIME, 1)
    tap = RingTap(RingFile([*CALLS[:2], turn, *CALLS[:2], turn, CALLS[0]]).write(tmp_path))

    blocks = tap.pull(is_last=True).blocks

    assert [(block.first, block.high) for block in blocks] == [(0, 6), (3, 7), (6, 7)]


def test_values_come_in_the_order_of_their_offsets(tmp_path) -> None:
    tap = RingTap(RING.replace(arena=b"ijcdefgh", arena_head=10).write(tmp_path))

    [(position, octets)] = tap.pull().values

    assert (position, bytes(octets)) == (2, b"cdefghij")
    assert tap.pull().values == ()


def test_turn_that_was_never_finished_does_not_count(tmp_path) -> None:
    tap = RingTap(RingFile([CALLS[0], slot(EventKind.TIME, 1)], turn_version=3).write(tmp_path))

    assert codes(tap.pull()) == []
    assert codes(tap.pull(is_last=True)) == [1]


def test_slots_of_no_kind_become_prefixes_that_readers_pass_over(tmp_path) -> None:
    tap = RingTap(RingFile([CALLS[0], (5, 14), CALLS[1]]).write(tmp_path))

    [block] = tap.pull(is_last=True).blocks

    assert (block.slots["word"] & 0xFF).tolist() == [1, 255, 1]


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind < EventKind.TIME])
def test_events_of_every_kind_are_taken_as_they_are(tmp_path, kind) -> None:
    tap = RingTap(RingFile([slot(kind, 3)]).write(tmp_path))

    [block] = tap.pull(is_last=True).blocks

    assert block.slots["word"].tolist() == [kind | 3 << 8]


def test_row_says_where_the_slots_come_from(tmp_path) -> None:
    tap = RingTap(RING.write(tmp_path))
    tap.pull(is_last=True)

    row = tap.describe(3, "worker", is_last=True)

    assert (row.number, row.name, row.n_slots, row.n_events, row.source) == (3, "worker", 8, 8, tap.path.name)


@pytest.mark.parametrize("changes", [{"magic": b"\0" * 8}, {"capacity": 7}], ids=["unfinished", "impossible"])
def test_file_that_is_no_ring_is_refused(tmp_path, changes) -> None:
    with pytest.raises(ValueError, match=r"begins with|cannot be"):
        RingTap(RING.replace(**changes).write(tmp_path))
