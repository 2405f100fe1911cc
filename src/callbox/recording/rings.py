"""Ring files: what one thread of a process recorded, in a file that outlives it.

A process that records may still be writing: what it overwrites while we read is
left out. `docs/format.md` describes every byte.
"""

from __future__ import annotations

import mmap
import os
import stat
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.engine.kernels import SLOT_DTYPE
from callbox.model import ArenaCapture, ClockReading, EventKind
from callbox.recording.slots import SLOT_SIZE, step_high, sum_turns

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC = b"\x89CBR\r\n\x1a\n"
VERSION = 2
HEADER_SIZE = 4096
_HEAD = struct.Struct("<8sII4Q")  # magic, version, size of the header, slots; process, ident, native id
_CLOCKS = struct.Struct("<QqqQqq")  # when the core was loaded; when the ring was made
_COUNTERS = struct.Struct("<QQIIQQQQQQ")
"""Cursor, end, high, version, prefixes, address of the slots, capacity, count, next count, first count."""
_ARENA = struct.Struct("<QQQQ")  # bytes that it may have; address, mask, head
_CLOCKS_AT = _HEAD.size
_RING_AT = 96
_ARENA_AT = 176

_MAX_TRIES = 1000
_MAX_SLOTS = 1 << 32
_MAX_EVENTS = 1 << 62
_MAX_NS = 1 << 62
_MAX_NS_PER_TICK = 1_000_000
_KIND_MASK = 0xFF
_HIGH_BITS = 32

_IS_KIND = np.zeros(_KIND_MASK + 1, np.bool_)
_IS_KIND[list(EventKind)] = True
_IS_KIND[EventKind.TIME :] = True  # prefixes: what a later callbox may add does not change the events


class RingError(Exception):
    """A file holds no ring that can be read; it says why."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One thread's ring, copied."""

    process_id: int
    ident: int
    native_id: int
    origin: ClockReading
    """When the process loaded callbox, or the one that it was forked from."""
    first: ClockReading
    """When the ring was made."""
    slots: NDArray[np.void]
    """Retained slots, oldest first, of kinds that this callbox knows."""
    ticks_high: int
    """High half of the clock at the newest slot."""
    n_events: int
    """Events ever recorded."""
    n_unknown: int
    """Slots left out, of a kind that does not exist."""
    values: ArenaCapture

    @property
    def newest_ticks(self) -> int:
        """The clock at the newest event; when the ring was made if it has none."""
        words = self.slots["word"]
        is_event = (words & _KIND_MASK) < EventKind.TIME
        if not is_event.any():
            return self.first.ticks
        last = len(words) - 1 - int(is_event[::-1].argmax())
        high = step_high(self.ticks_high, -sum_turns(words[last + 1 :]))
        return high << _HIGH_BITS | int(self.slots["ticks"][last])


def read_ring(path: Path) -> Ring:
    """Copy what a ring file holds.

    Raises:
        RingError: it is no ring file, of another version, or damaged.
    """
    try:
        with _map(path) as data:
            return _RingReader(data).read()
    except (OSError, ValueError) as error:
        raise RingError(error.strerror if isinstance(error, OSError) and error.strerror else str(error)) from error


def _map(path: Path) -> mmap.mmap:
    # A pipe or a device would block, or never end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < HEADER_SIZE:
            raise ValueError("it is shorter than a header")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


@dataclass(frozen=True, slots=True)
class _Counters:
    head: int
    """Slots ever written, counted from `first`."""
    high: int
    is_changing: bool
    """The producer was changing what belongs together, and has not finished."""
    first: int
    n_prefixes: int


class _RingReader:
    """One pass over a mapped ring. Its methods raise ValueError where nothing can be read."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data

    def read(self) -> Ring:
        magic, version, header_size, n_slots, process_id, ident, native_id = _HEAD.unpack_from(self._data)
        if magic != MAGIC:
            raise ValueError(f"it begins with {magic!r} instead of {MAGIC!r}")
        if (version, header_size) != (VERSION, HEADER_SIZE):
            raise ValueError(f"version {version}; this callbox reads {VERSION}")
        n_arena_bytes = self._check_size(n_slots)
        origin, first = self._clocks()
        slots, high, n_events = self._copy_slots(n_slots)
        is_known = _IS_KIND[slots["word"] & _KIND_MASK]
        return Ring(
            process_id=process_id,
            ident=ident,
            native_id=native_id,
            origin=origin,
            first=first,
            slots=slots[is_known],
            ticks_high=high,
            n_events=n_events,
            n_unknown=int(np.count_nonzero(~is_known)),
            # After the slots: what was overwritten since is then known to be gone.
            values=self._copy_values(HEADER_SIZE + n_slots * SLOT_SIZE, n_arena_bytes),
        )

    def _check_size(self, n_slots: int) -> int:
        n_arena_bytes: int = _ARENA.unpack_from(self._data, _ARENA_AT)[0]
        if not 0 < n_slots <= _MAX_SLOTS or n_slots & (n_slots - 1):
            raise ValueError(f"a ring of {n_slots} slots cannot be")
        if n_arena_bytes & (n_arena_bytes - 1):
            raise ValueError(f"an arena of {n_arena_bytes} bytes cannot be")
        if HEADER_SIZE + n_slots * SLOT_SIZE + n_arena_bytes != len(self._data):
            raise ValueError(f"it has {len(self._data)} bytes, which {n_slots} slots do not fill")
        return n_arena_bytes

    def _clocks(self) -> tuple[ClockReading, ClockReading]:
        numbers = _CLOCKS.unpack_from(self._data, _CLOCKS_AT)
        origin, first = ClockReading(*numbers[:3]), ClockReading(*numbers[3:])
        for reading in (origin, first):
            if not (0 <= reading.monotonic_ns < _MAX_NS and abs(reading.epoch_ns) < _MAX_NS):
                raise ValueError(f"an impossible clock reading: {reading}")
        n_ticks, elapsed_ns = first.ticks - origin.ticks, first.monotonic_ns - origin.monotonic_ns
        if n_ticks < 0 or not 0 <= elapsed_ns <= max(1, n_ticks) * _MAX_NS_PER_TICK:
            raise ValueError(f"its clock cannot be: {n_ticks} ticks in {elapsed_ns} ns")
        return origin, first

    def _copy_slots(self, n_slots: int) -> tuple[NDArray[np.void], int, int]:
        """Return the retained slots, the high half of the clock at the newest, and the events ever recorded."""
        counters = self._counters()
        n_written = (counters.head - counters.first) % (1 << 64)
        # After head: a capacity that has grown since changes no place that was written before.
        capacity = self._unpack_counters()[6]
        if n_written > _MAX_EVENTS or not 0 < capacity <= n_slots:
            raise ValueError(f"its counters cannot be: {n_written} slots in a ring of {capacity}")
        n_retained = min(n_written, capacity)
        places = np.frombuffer(self._data, SLOT_DTYPE, capacity, HEADER_SIZE)
        begin = (n_written - n_retained) % capacity
        slots = np.concatenate([places[begin : begin + n_retained], places[: max(0, begin + n_retained - capacity)]])
        del places  # a view would keep the map from being closed
        now = self._counters().head
        if now != counters.head:
            # The producer may be writing the slot at `now` too.
            n_since = (now + 1 - counters.head) % (1 << 64)
            slots = slots[max(0, min(n_retained, n_since - (capacity - n_retained))) :]
        if counters.is_changing and len(slots) and slots["word"][-1] & _KIND_MASK == EventKind.TIME:
            slots = slots[:-1]  # the turn that was never finished
        n_events = max(0, min(n_written, n_written - counters.n_prefixes))
        return slots, counters.high, n_events

    def _counters(self) -> _Counters:
        """Read counters of one moment; of a process that ended between two stores, the last ones."""
        for _ in range(_MAX_TRIES):
            before = self._unpack_counters()[3]
            cursor, _, high, version, n_prefixes, slots, _, count, next_count, first = self._unpack_counters()
            is_changing = bool(version & 1)
            if not is_changing and before == version == self._unpack_counters()[3]:
                break
        if cursor < slots or (cursor - slots) % SLOT_SIZE:
            raise ValueError(f"its cursor cannot be: {cursor} where the slots begin at {slots}")
        head = count + (cursor - slots) // SLOT_SIZE if count == next_count else next_count
        return _Counters(head, high, is_changing, first, n_prefixes)

    def _unpack_counters(self) -> tuple[int, ...]:
        return _COUNTERS.unpack_from(self._data, _RING_AT)

    def _copy_values(self, offset: int, n_bytes: int) -> ArenaCapture:
        if n_bytes == 0:
            return ArenaCapture()
        mask: int = _ARENA.unpack_from(self._data, _ARENA_AT)[2]
        octets = self._data[offset : offset + min(n_bytes, mask + 1)]
        return ArenaCapture.of_memory(_ARENA.unpack_from(self._data, _ARENA_AT)[3], octets)
