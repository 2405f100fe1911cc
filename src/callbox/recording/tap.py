"""A tap on a ring: takes what its producer, in another process, has written, and tells it so.

The producer does not overwrite what has not been taken, unless it has waited for
long in vain; what it then overwrote is missing, and counted.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import EventKind
from callbox.recording.box import BLOCK_MAX_SLOTS, VALUE_BLOCK_MAX_BYTES, ThreadRow
from callbox.recording.rings import RingReader, find_newest_ticks, map_ring
from callbox.recording.slots import is_known_kind, step_high, sum_turns

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from callbox.model import ClockReading

_TAKEN = struct.Struct("<QQ")  # slots, bytes of values
_TAKEN_AT = 256
_RELEASED = 1 << 63
"""Says to the producer that nothing more will be taken: it need not wait."""
_N_LEFT = 4
"""The newest slots of a producer that goes on: it may take the last one back."""
_MANY_SLOTS = 1 << 14
_KIND_MASK = 0xFF
_UNKNOWN_PREFIX = 0xFF


@dataclass(frozen=True, slots=True)
class SlotBlock:
    """Slots that follow each other."""

    first: int
    high: int
    """High half of the clock at the newest."""
    slots: NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Draught:
    """What one pull of a tap gave: blocks of slots, and of the values that they may refer to."""

    blocks: tuple[SlotBlock, ...]
    values: tuple[tuple[int, memoryview], ...]


class RingTap:
    """One thread's ring, being emptied.

    Attributes:
        n_taken: slots taken, or lost before they could be.
        n_values_taken: bytes of values, likewise.
        n_lost: slots that were overwritten before they could be taken.
        n_events: events ever recorded, when something was taken last.
    """

    def __init__(self, path: Path) -> None:
        """Open a tap.

        Raises:
            OSError: the file cannot be opened.
            ValueError: it holds no ring.
        """
        self.path = path
        self._map = map_ring(path, mmap.ACCESS_WRITE)
        try:
            self._reader = RingReader(self._map)
        except ValueError:
            self._map.close()
            raise
        self.n_taken = 0
        self.n_values_taken = 0
        self.n_lost = 0
        self.n_events = 0
        self._has_values = self._reader.arena_state()[1] > 0
        self.newest_ticks = self.first.ticks

    @property
    def process_id(self) -> int:
        """Of the producer."""
        return self._reader.process_id

    @property
    def native_id(self) -> int:
        """Of the producer's thread."""
        return self._reader.native_id

    @property
    def thread_name(self) -> str:
        """Of the producer's thread; empty while nobody has told."""
        return self._reader.thread_name()

    def has_ended(self) -> bool:
        """Say whether the thread has ended, so that what is pulled next is the last."""
        return self._reader.has_ended()

    @property
    def origin(self) -> ClockReading:
        """When the producer's process loaded callbox."""
        return self._reader.origin

    @property
    def first(self) -> ClockReading:
        """When the ring was made."""
        return self._reader.first

    def is_filling(self) -> bool:
        """Say whether so much waits to be taken that it should be, whatever its age.

        Raises:
            ValueError: the ring is damaged.
        """
        n_waiting = self._reader.counters().n_written - self.n_taken
        return n_waiting >= min(_MANY_SLOTS, self._reader.capacity() // 4)

    def pull(self, *, is_last: bool = False) -> Draught:
        """Take what is there; the producer keeps it until `confirm`.

        Args:
            is_last: whether the producer has stopped, so that nothing need be left to it.

        Raises:
            ValueError: the ring is damaged.
        """
        counters = self._reader.counters()
        if counters.is_changing and not is_last:
            return Draught((), ())
        capacity = self._reader.capacity()
        self.n_events = counters.n_events
        n_before = self.n_taken
        first = max(n_before, counters.n_written - capacity)
        slots = self._reader.copy_slots(first, counters.n_written - first)
        # A producer that waits stops at its capacity, which may have grown; one that has given up may be writing the
        # next slot, too.
        n_over = self._reader.counters().n_written - self._reader.capacity() - first
        if n_over > 0:
            n_over = min(len(slots), n_over + 1)
            first, slots = first + n_over, slots[n_over:]
        self.n_lost += first - n_before
        n_left = min(len(slots), self._count_left(slots, is_last=is_last, is_changing=counters.is_changing))
        high = step_high(counters.high, -sum_turns(slots["word"][len(slots) - n_left :]))
        slots = slots[: len(slots) - n_left]
        self.newest_ticks = find_newest_ticks(slots, high, self.newest_ticks)
        self.n_taken = first + len(slots)
        return Draught(tuple(_cut(first, high, _without_unknown(slots))), tuple(self._pull_values()))

    def confirm(self) -> None:
        """Let the producer have the room of what was taken."""
        _TAKEN.pack_into(self._map, _TAKEN_AT, self.n_taken, self.n_values_taken)

    def release(self) -> None:
        """Close the tap; a producer that goes on overwrites what is old."""
        _TAKEN.pack_into(self._map, _TAKEN_AT, _RELEASED, _RELEASED)
        self._map.close()

    def describe(self, number: int, name: str, *, is_last: bool = False) -> ThreadRow:
        """Return the thread's row in the box."""
        return ThreadRow(
            number=number,
            ident=self._reader.ident,
            native_id=self.native_id,
            name=name,
            process_id=self.process_id,
            n_events=self.n_events,
            n_slots=self.n_taken if is_last else None,
            n_lost=self.n_lost,
            values_head=self.n_values_taken,
            values_capacity=max(1, self.n_values_taken) if self._has_values else 0,
            source=self.path.name,
        )

    def _count_left(self, slots: NDArray[np.void], *, is_last: bool, is_changing: bool) -> int:
        if not is_last:
            return _N_LEFT
        # A turn that was never finished does not count.
        return int(is_changing and len(slots) > 0 and slots["word"][-1] & _KIND_MASK == EventKind.TIME)

    def _pull_values(self) -> Iterator[tuple[int, memoryview]]:
        """Take the values; after the slots, so that all that these refer to is there."""
        head, capacity = self._reader.arena_state()
        start = max(self.n_values_taken, head - capacity)
        octets = memoryview(self._reader.copy_arena(start, head)) if capacity else memoryview(b"")
        self.n_values_taken = max(head, self.n_values_taken)
        for at in range(0, len(octets), VALUE_BLOCK_MAX_BYTES):
            yield start + at, octets[at : at + VALUE_BLOCK_MAX_BYTES]


def _cut(first: int, high: int, slots: NDArray[np.void]) -> Iterator[SlotBlock]:
    """Cut slots, of which the last has a given high half, into blocks."""
    pieces = [slots[at : at + BLOCK_MAX_SLOTS] for at in range(0, len(slots), BLOCK_MAX_SLOTS)]
    turns = [sum_turns(piece["word"]) for piece in pieces]
    high = step_high(high, -sum(turns))
    for piece, turn in zip(pieces, turns, strict=True):
        high = step_high(high, turn)
        yield SlotBlock(first, high, piece)
        first += len(piece)


def _without_unknown(slots: NDArray[np.void]) -> NDArray[np.void]:
    """Make prefixes, which readers pass over, of slots of a kind that does not exist."""
    slots["word"][~is_known_kind(slots["word"])] |= _UNKNOWN_PREFIX
    return slots
