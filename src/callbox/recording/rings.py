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
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.engine.kernels import SLOT_DTYPE
from callbox.errors import reason
from callbox.model import ArenaCapture, ClockReading, EventKind
from callbox.recording.deferred import Deferred
from callbox.recording.slots import SLOT_SIZE, codes_of, is_known_kind, step_high, sum_turns

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
_ABOUT = struct.Struct("<IIQQ128s")
"""Whether the thread has ended, size of its name, threads let go before and their events, the name."""
_ABOUT_AT = 320

_MAX_TRIES = 1000
_MAX_SLOTS = 1 << 32
_MAX_EVENTS = 1 << 62
_MAX_NS = 1 << 62
_MAX_NS_PER_TICK = 1_000_000
_KIND_MASK = 0xFF
_HIGH_BITS = 32


class RingError(Exception):
    """A file holds no ring that can be read; it says why."""


@dataclass(frozen=True, slots=True)
class Ring:
    """What one thread recorded."""

    path: Path
    """Of its file."""
    process_id: int
    ident: int
    native_id: int
    origin: ClockReading
    """When the process loaded callbox, or the one that it was forked from."""
    first: ClockReading
    """When the ring was made."""
    n_slots: int
    """Slots that it holds."""
    ticks_high: int
    """High half of the clock at the newest slot."""
    newest_ticks: int
    """The clock at the newest event; when the ring was made if it has none."""
    n_events: int
    """Events ever recorded."""
    position: int
    """Of the oldest slot retained, among all that were ever written."""
    n_unknown: int
    """Slots left out, of a kind that does not exist."""
    codes: frozenset[int]
    """Ids of the functions that its slots name."""
    held_slots: NDArray[np.void] | None
    """A copy of its slots; None: they stay in the file, which does not change any more."""
    values: ArenaCapture
    thread_name: str = ""
    """Empty where nobody has told it."""
    n_forgotten: int = 0
    """Threads of its process that had ended and whose rings were let go before this one was made."""
    n_forgotten_events: int = 0
    """That those had recorded."""

    @property
    def name(self) -> str:
        """Of its file."""
        return self.path.name

    def slots(self) -> NDArray[np.void]:
        """Return the retained slots, oldest first, of kinds that this callbox knows.

        Raises:
            OSError, ValueError: they stayed in the file, and it cannot be read any more.
        """
        if self.held_slots is not None:
            return self.held_slots
        with map_ring(self.path, mmap.ACCESS_READ) as data:
            return RingReader(data).copy_known()[0]


def find_newest_ticks(slots: NDArray[np.void], high: int, default: int) -> int:
    """Return the clock at the newest event among slots, whose last is of a given high half."""
    words = slots["word"]
    is_event = (words & _KIND_MASK) < EventKind.TIME
    if not is_event.any():
        return default
    last = len(words) - 1 - int(is_event[::-1].argmax())
    return step_high(high, -sum_turns(words[last + 1 :])) << _HIGH_BITS | int(slots["ticks"][last])


def read_ring(path: Path, *, is_held: bool = True) -> Ring:
    """Read a ring file.

    Args:
        path: of the file.
        is_held: whether to keep a copy of its slots and values, as of a process that may record more; otherwise
            they are read anew each time.

    Raises:
        RingError: it is no ring file, of another version, or damaged.
    """
    try:
        with map_ring(path, mmap.ACCESS_READ) as data:
            return RingReader(data).read(path, is_held=is_held)
    except (OSError, ValueError) as error:
        raise RingError(reason(error)) from error


def map_ring(path: Path, access: int) -> mmap.mmap:
    """Map a ring file.

    Raises:
        OSError: it cannot be opened.
        ValueError: it cannot be one.
    """
    # A pipe or a device would block, or never end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no regular file")
    with path.open("rb" if access == mmap.ACCESS_READ else "r+b") as file:
        if os.fstat(file.fileno()).st_size < HEADER_SIZE:
            raise ValueError("it is shorter than a header")
        return mmap.mmap(file.fileno(), 0, access=access)


@dataclass(frozen=True, slots=True)
class RingCounters:
    """What a ring's producer has done so far."""

    n_written: int
    """Slots ever written."""
    high: int
    is_changing: bool
    """The producer was changing what belongs together, and has not finished."""
    n_prefixes: int

    @property
    def n_events(self) -> int:
        """Events ever recorded."""
        return max(0, min(self.n_written, self.n_written - self.n_prefixes))


class RingReader:
    """A mapped ring. Its methods raise ValueError where nothing can be read."""

    def __init__(self, data: mmap.mmap) -> None:
        """Look at a ring and check that it can be one."""
        self._data = data
        magic, version, header_size, n_slots, process_id, ident, native_id = _HEAD.unpack_from(data)
        if magic != MAGIC:
            raise ValueError(f"it begins with {magic!r} instead of {MAGIC!r}")
        if (version, header_size) != (VERSION, HEADER_SIZE):
            raise ValueError(f"version {version}; this callbox reads {VERSION}")
        self.process_id: int = process_id
        self.ident: int = ident
        self.native_id: int = native_id
        self._n_slots = n_slots
        self._check_size(n_slots)
        self.origin, self.first = self._clocks()

    def read(self, path: Path, *, is_held: bool) -> Ring:
        """Read what the ring holds, and keep a copy if it is to be held."""
        slots, position, counters, n_unknown = self.copy_known()
        forgotten = self.forgotten()
        return Ring(
            path=path,
            process_id=self.process_id,
            ident=self.ident,
            native_id=self.native_id,
            origin=self.origin,
            first=self.first,
            n_slots=len(slots),
            ticks_high=counters.high,
            newest_ticks=find_newest_ticks(slots, counters.high, self.first.ticks),
            n_events=counters.n_events,
            position=position,
            n_unknown=n_unknown,
            codes=frozenset(np.unique(codes_of(slots["word"])).tolist()),
            held_slots=slots if is_held else None,
            # After the slots: what was overwritten since is then known to be gone.
            values=self._copy_values() if is_held else self._defer_values(path),
            thread_name=self.thread_name(),
            n_forgotten=forgotten[0],
            n_forgotten_events=forgotten[1],
        )

    def counters(self) -> RingCounters:
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
        n_written = (head - first) % (1 << 64)
        if n_written > _MAX_EVENTS:
            raise ValueError(f"its counters cannot be: {n_written} slots")
        return RingCounters(n_written, high, is_changing, n_prefixes)

    def capacity(self) -> int:
        """Read how far the ring has grown. After the counters: it changes no place that was written before."""
        capacity = self._unpack_counters()[6]
        if not 0 < capacity <= self._n_slots:
            raise ValueError(f"its counters cannot be: a capacity of {capacity} in {self._n_slots} slots")
        return capacity

    def has_ended(self) -> bool:
        """Read whether the thread has ended. Before what it wrote last: nothing is written after."""
        return bool(self._unpack_about()[0])

    def thread_name(self) -> str:
        """Read what the thread is called; empty while nobody has told."""
        size = self._unpack_about()[1]
        name: bytes = self._unpack_about()[4]
        return name[: min(size, len(name))].decode("utf-8", "backslashreplace")

    def forgotten(self) -> tuple[int, int]:
        """Read how many threads were let go before this ring was made, and how many events they had recorded."""
        _, _, n_threads, n_events, _ = self._unpack_about()
        if max(n_threads, n_events) > _MAX_EVENTS:
            raise ValueError(f"its counters cannot be: {n_threads} threads let go with {n_events} events")
        return n_threads, n_events

    def copy_slots(self, position: int, n_slots: int) -> NDArray[np.void]:
        """Copy slots that are in place."""
        capacity = self.capacity()
        places = np.frombuffer(self._data, SLOT_DTYPE, capacity, HEADER_SIZE)
        begin = position % capacity
        return np.concatenate([places[begin : begin + n_slots], places[: max(0, begin + n_slots - capacity)]])

    def arena_state(self) -> tuple[int, int]:
        """Return how many bytes of values were ever written, and how many there is room for."""
        n_bytes, _, mask, head = _ARENA.unpack_from(self._data, _ARENA_AT)
        return head, min(n_bytes, mask + 1)

    def copy_arena(self, start: int, stop: int) -> bytes:
        """Copy the bytes of values at offsets that are in place."""
        capacity = self.arena_state()[1]
        base = HEADER_SIZE + self._n_slots * SLOT_SIZE
        begin, n_bytes = start % capacity, stop - start
        n_rest = max(0, begin + n_bytes - capacity)
        return self._data[base + begin : base + begin + n_bytes - n_rest] + self._data[base : base + n_rest]

    def copy_known(self) -> tuple[NDArray[np.void], int, RingCounters, int]:
        """Copy the retained slots of kinds that there are.

        Returns:
            The slots; the position of the first of all that are retained; the counters at the newest; how many
            were left out.
        """
        slots, position, counters = self._copy_newest()
        is_known = is_known_kind(slots["word"])
        n_unknown = len(slots) - int(np.count_nonzero(is_known))
        return slots[is_known] if n_unknown else slots, position, counters, n_unknown

    def _copy_newest(self) -> tuple[NDArray[np.void], int, RingCounters]:
        """Copy the retained slots; return them, the position of the first, and the counters at the newest."""
        counters = self.counters()
        capacity = self.capacity()
        n_retained = min(counters.n_written, capacity)
        position = counters.n_written - n_retained
        slots = self.copy_slots(position, n_retained)
        n_since = self.counters().n_written - counters.n_written
        if n_since:
            # The producer may be writing the next slot, too; and the ring may have grown.
            n_lost = max(0, min(n_retained, n_since + 1 - (self.capacity() - n_retained)))
            slots, position = slots[n_lost:], position + n_lost
        if counters.is_changing and len(slots) and slots["word"][-1] & _KIND_MASK == EventKind.TIME:
            slots = slots[:-1]  # the turn that was never finished
        return slots, position, counters

    def _defer_values(self, path: Path) -> ArenaCapture:
        head, capacity = self.arena_state()
        if capacity == 0:
            return ArenaCapture()

        def read() -> tuple[int, bytes]:
            with map_ring(path, mmap.ACCESS_READ) as data:
                return 0, RingReader(data).copy_arena(0, min(head, capacity))

        return ArenaCapture(head, capacity, Deferred(read) if head else ())

    def _copy_values(self) -> ArenaCapture:
        _, capacity = self.arena_state()
        if capacity == 0:
            return ArenaCapture()
        base = HEADER_SIZE + self._n_slots * SLOT_SIZE
        octets = self._data[base : base + capacity]
        # After the bytes: what was overwritten since is then known to be gone.
        return ArenaCapture.of_memory(self.arena_state()[0], octets)

    def _unpack_counters(self) -> tuple[int, ...]:
        return _COUNTERS.unpack_from(self._data, _RING_AT)

    def _unpack_about(self) -> tuple[Any, ...]:
        return _ABOUT.unpack_from(self._data, _ABOUT_AT)

    def _check_size(self, n_slots: int) -> None:
        n_arena_bytes: int = _ARENA.unpack_from(self._data, _ARENA_AT)[0]
        if not 0 < n_slots <= _MAX_SLOTS or n_slots & (n_slots - 1):
            raise ValueError(f"a ring of {n_slots} slots cannot be")
        if n_arena_bytes & (n_arena_bytes - 1):
            raise ValueError(f"an arena of {n_arena_bytes} bytes cannot be")
        if HEADER_SIZE + n_slots * SLOT_SIZE + n_arena_bytes != len(self._data):
            raise ValueError(f"it has {len(self._data)} bytes, which {n_slots} slots do not fill")

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
