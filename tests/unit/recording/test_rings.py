"""Ring files are copied as their process left them; what is no ring is refused in words."""

from __future__ import annotations

import mmap
import os

import pytest
from tests.support.parts import ENDED_PROCESS, FIRST_TICKS, RingFile, slot

from callbox.model import ArenaCapture, EventKind
from callbox.recording.rings import RingError, RingReader, map_ring, read_ring

CALLS = [slot(EventKind.CALL, code, after=code) for code in range(1, 9)]


def codes(ring) -> list[int]:
    return [word >> 8 for word in ring.slots()["word"].tolist()]


def test_slots_come_oldest_first(tmp_path) -> None:
    ring = read_ring(RingFile(CALLS[:3]).write(tmp_path))

    assert codes(ring) == [1, 2, 3]
    assert (ring.process_id, ring.ident, ring.n_events) == (ENDED_PROCESS, 11, 3)


def test_full_ring_begins_at_its_oldest_slot(tmp_path) -> None:
    ring = read_ring(RingFile(CALLS, head=11, lap=8).write(tmp_path))

    assert codes(ring) == [4, 5, 6, 7, 8, 1, 2, 3]
    assert ring.n_events == 11


def test_counter_may_have_wrapped(tmp_path) -> None:
    file = RingFile(CALLS, head=2, lap=2, first=2**64 - 6)

    ring = read_ring(file.write(tmp_path))

    assert ring.n_events == 8
    assert codes(ring) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_ring_that_has_not_grown_holds_what_it_had_room_for(tmp_path) -> None:
    ring = read_ring(RingFile(CALLS[:4], capacity=8, room=4, head=6, lap=4).write(tmp_path))

    assert codes(ring) == [3, 4, 1, 2]
    assert ring.n_events == 6


@pytest.mark.parametrize(("head", "lap"), [(8, 0), (0, 0)], ids=["before", "after"])
def test_process_that_ended_at_the_turn_of_a_lap_loses_nothing(tmp_path, head, lap) -> None:
    file = RingFile(CALLS, head=head, lap=lap, next_lap=8, turn_version=1)

    assert codes(read_ring(file.write(tmp_path))) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_prefixes_are_no_events(tmp_path) -> None:
    file = RingFile([slot(EventKind.FRAME), slot(EventKind.CALL, 1)], n_prefixes=1)

    assert read_ring(file.write(tmp_path)).n_events == 1


def test_newest_event_is_timed_across_the_prefixes_after_it(tmp_path) -> None:
    slots = [slot(EventKind.CALL, 1, after=70), slot(EventKind.TIME, 1), slot(EventKind.FRAME)]
    data = bytearray(RingFile(slots, n_prefixes=2).pack())
    data[112:116] = (8).to_bytes(4, "little")
    path = tmp_path / "turned.ring"
    path.write_bytes(data)

    assert read_ring(path).newest_ticks == FIRST_TICKS + 70


def test_ring_without_events_is_as_new_as_itself(tmp_path) -> None:
    assert read_ring(RingFile().write(tmp_path)).newest_ticks == FIRST_TICKS


def test_turn_that_was_never_finished_is_taken_back(tmp_path) -> None:
    slots = [slot(EventKind.CALL, 1), slot(EventKind.TIME, 1)]

    assert codes(read_ring(RingFile(slots, turn_version=3, n_prefixes=1).write(tmp_path))) == [1]


def test_slots_of_no_kind_are_counted_and_left_out(tmp_path) -> None:
    ring = read_ring(RingFile([CALLS[0], (5, 0), (5, 14), CALLS[1]]).write(tmp_path))

    assert codes(ring) == [1, 2]
    assert ring.n_unknown == 2


def test_values_are_copied_with_their_head(tmp_path) -> None:
    ring = read_ring(RingFile(CALLS, arena=b"abcdefgh", arena_head=5).write(tmp_path))

    assert ring.values == ArenaCapture.of_memory(5, b"abcdefgh")


def test_ring_of_an_ended_process_stays_in_its_file_and_reads_as_if_held(tmp_path) -> None:
    path = RingFile(CALLS, arena=b"abcdefgh", arena_head=5).write(tmp_path)
    held = read_ring(path)

    ring = read_ring(path, is_held=False)

    assert ring.held_slots is None
    assert ring.slots().tolist() == held.slots().tolist()
    assert (ring.codes, ring.n_slots, ring.newest_ticks) == (held.codes, held.n_slots, held.newest_ticks)
    assert (ring.values.head, ring.values.capacity, list(ring.values.pieces)) == (5, 8, [(0, b"abcde")])


def test_ring_that_has_gone_since_says_so_when_its_slots_are_wanted(tmp_path) -> None:
    path = RingFile(CALLS).write(tmp_path)
    ring = read_ring(path, is_held=False)
    path.unlink()

    with pytest.raises(FileNotFoundError):
        ring.slots()


def test_values_without_room_are_none(tmp_path) -> None:
    path = RingFile(CALLS, arena_head=5).write(tmp_path)

    assert read_ring(path, is_held=False).values == ArenaCapture()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"magic": b"\x7fELF\0\0\0\0"}, "begins with"),
        ({"magic": bytes(8)}, "begins with"),
        ({"format_version": 3}, "version 3; this callbox reads 2"),
        ({"capacity": 7}, "a ring of 7 slots cannot be"),
        ({"capacity": 0}, "a ring of 0 slots cannot be"),
        ({"next_lap": 1 << 63}, "its counters cannot be"),
        ({"room": 0}, "its counters cannot be"),
        ({"room": 16}, "its counters cannot be"),
        ({"head": -1}, "its cursor cannot be"),
        ({"arena": b"abc"}, "an arena of 3 bytes cannot be"),
    ],
)
def test_foreign_or_damaged_file_is_refused(tmp_path, changes, message) -> None:
    path = RingFile([]).replace(**changes).write(tmp_path)

    with pytest.raises(RingError, match=message):
        read_ring(path)


@pytest.mark.parametrize("n_bytes", [0, 100, 4095, 4096, 4096 + 63])
def test_truncated_file_is_refused(tmp_path, n_bytes) -> None:
    path = RingFile(CALLS).write(tmp_path)
    os.truncate(path, n_bytes)

    with pytest.raises(RingError):
        read_ring(path)


def test_impossible_clock_is_refused(tmp_path) -> None:
    data = bytearray(RingFile(CALLS).pack())
    data[48:56] = (2**64 - 1).to_bytes(8, "little")
    path = tmp_path / "clock.ring"
    path.write_bytes(data)

    with pytest.raises(RingError, match="clock"):
        read_ring(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
def test_pipe_is_refused_without_waiting(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.ring")

    with pytest.raises(RingError, match="no regular file"):
        read_ring(tmp_path / "pipe.ring")


def test_ring_that_grows_while_it_is_copied_loses_nothing(tmp_path) -> None:
    path = RingFile(CALLS[:4], capacity=8, room=4).write(tmp_path)
    grown = RingFile(CALLS[:6], capacity=8, room=8).pack()
    with map_ring(path, mmap.ACCESS_WRITE) as data:
        reader = RingReader(data)
        copy_slots = reader.copy_slots

        def copy_and_grow(position: int, n_slots: int):
            slots = copy_slots(position, n_slots)
            data[:] = grown
            return slots

        reader.copy_slots = copy_and_grow
        ring = reader.read(path, is_held=True)

    assert codes(ring) == [1, 2, 3, 4]
    assert (ring.position, ring.n_events) == (0, 4)
