"""A thread's slots and values, put together from the blocks of a box that are intact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callbox.model import ArenaCapture, ThreadCapture
from callbox.recording.box import BLOCK_MAX_SLOTS, VALUE_BLOCK_MAX_BYTES, ThreadRow
from callbox.recording.slots import (
    SLOT_SIZE,
    bridge,
    codes_of,
    count_events,
    count_up_to_last_event,
    is_known_kind,
    step_high,
    sum_turns,
    words_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_MAX_POSITION = 1 << 62


class BlockError(Exception):
    """One section of a box is of no use; the others still are."""


@dataclass(frozen=True, slots=True)
class _Block:
    first: int
    n_slots: int
    high: int
    """High half of the clock at the newest slot."""
    turn: int
    """How far it turned within the block."""
    slots: memoryview


class ThreadBlocks:
    """The intact blocks of one thread, added in the order of the file."""

    def __init__(self, index: int, row: ThreadRow, known_codes: NDArray[np.bool_]) -> None:
        self._index = index
        self._row = row
        self._known_codes = known_codes
        self._blocks: list[_Block] = []
        self.values = ValueBlocks(str(self), row)

    @property
    def n_seen(self) -> int:
        """Position after the newest slot so far."""
        return self._blocks[-1].first + self._blocks[-1].n_slots if self._blocks else 0

    def add(self, slots: memoryview, first: int, high: int) -> None:
        """Check a block and keep it.

        Raises:
            BlockError: it says what cannot be.
        """
        n_slots, rest = divmod(slots.nbytes, SLOT_SIZE)
        if rest or not 0 < n_slots <= BLOCK_MAX_SLOTS:
            raise BlockError(f"a block of slots of {self} has {slots.nbytes} bytes")
        if first < self.n_seen or first + n_slots > _limit(self._row.n_slots):
            raise BlockError(
                f"slots {first} to {first + n_slots - 1} of {self} are out of place: "
                f"{self.n_seen} came before, and there are {_limit(self._row.n_slots)}"
            )
        words = words_of(slots)
        if not is_known_kind(words).all():
            raise BlockError(f"a block of {self} holds a slot of a kind that this callbox does not know")
        if not self._known_codes[codes_of(words)].all():
            raise BlockError(f"a block of {self} names a function that the table of functions lacks")
        self._blocks.append(_Block(first, n_slots, high, sum_turns(words), slots))

    def describe_gaps(self) -> list[str]:
        """Name the runs of slots that no intact block holds, unless they were overwritten before they were written."""
        bounds = [(block.first, block.first + block.n_slots) for block in self._blocks]
        n_slots = self.n_seen if self._row.n_slots is None else self._row.n_slots
        gaps = _gaps(bounds, n_slots)
        if sum(end - start for start, end in gaps) == self._row.n_lost:
            return []
        return [f"{self} lacks {end - start} of its {n_slots} slots, from slot {start} on" for start, end in gaps]

    def capture(self) -> ThreadCapture:
        """Hand over the slots; where some are missing, the clock is carried over the gap."""
        segments: list[memoryview] = []
        for position, block in enumerate(self._blocks):
            before = self._blocks[position - 1] if position else None
            if before is not None and before.first + before.n_slots < block.first:
                high = step_high(before.high, -_cut_loose_prefixes(segments))
                segments.append(memoryview(bridge(high, step_high(block.high, -block.turn))))
            segments.append(block.slots)
        return ThreadCapture(
            ident=self._row.ident,
            native_id=self._row.native_id,
            name=self._row.name,
            process_id=self._row.process_id,
            n_events=self._count_events() if self._row.n_slots is None else self._row.n_events,
            ticks_high=self._blocks[-1].high if self._blocks else 0,
            segments=tuple(segments),
            values=self.values.capture(),
        )

    def _count_events(self) -> int:
        return sum(count_events(words_of(block.slots)) for block in self._blocks)

    def __str__(self) -> str:
        return f"thread {self._index} ({self._row.name!r})"


class ValueBlocks:
    """The intact blocks of one thread's values, added in the order of the file."""

    def __init__(self, thread: str, row: ThreadRow) -> None:
        self._thread = thread
        self._row = row
        self._pieces: list[tuple[int, memoryview]] = []

    def add(self, octets: memoryview, position: int) -> None:
        """Check a block and keep it.

        Raises:
            BlockError: it says what cannot be.
        """
        if not 0 < octets.nbytes <= VALUE_BLOCK_MAX_BYTES:
            raise BlockError(f"a block of values of {self._thread} has {octets.nbytes} bytes")
        n_seen = self.n_seen
        n_bytes = _MAX_POSITION if self._row.n_slots is None else self._row.n_value_bytes
        if position < n_seen or position + octets.nbytes > n_bytes:
            raise BlockError(
                f"bytes {position} to {position + octets.nbytes - 1} of the values of {self._thread} are out of place: "
                f"{n_seen} came before, and there are {n_bytes}"
            )
        self._pieces.append((position, octets))

    def describe_gaps(self) -> list[str]:
        """Name the runs of bytes that no intact block holds."""
        n_bytes = self.n_seen if self._row.n_slots is None or self._row.n_lost else self._row.n_value_bytes
        return [
            f"{self._thread} lacks {end - start} of its {n_bytes} bytes of values, from byte {start} on"
            for start, end in _gaps(self._bounds, n_bytes)
        ]

    def capture(self) -> ArenaCapture:
        """Hand over the values: a record may reach from one block into the next, so neighbours are joined."""
        runs: list[tuple[int, list[memoryview]]] = []
        end = -1
        for (start, octets), (_, stop) in zip(self._pieces, self._bounds, strict=True):
            if start == end:
                runs[-1][1].append(octets)
            else:
                runs.append((start, [octets]))
            end = stop
        pieces = tuple((start, b"".join(run)) for start, run in runs)
        if self._row.n_slots is None:
            return ArenaCapture(self.n_seen, max(1, self.n_seen), pieces)
        return ArenaCapture(self._row.values_head, self._row.values_capacity, pieces)

    @property
    def n_seen(self) -> int:
        """Position after the newest byte so far."""
        position, octets = self._pieces[-1] if self._pieces else (0, b"")
        return position + len(octets)

    @property
    def _bounds(self) -> list[tuple[int, int]]:
        return [(position, position + octets.nbytes) for position, octets in self._pieces]


def _limit(n_slots: int | None) -> int:
    """Return how many slots there can be; of a box that is being written, nobody knows."""
    return _MAX_POSITION if n_slots is None else n_slots


def _gaps(bounds: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """Return what is between runs, before the first and after the last up to `size`."""
    starts = [0, *(end for _, end in bounds)]
    ends = [*(start for start, _ in bounds), size]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def _cut_loose_prefixes(segments: list[memoryview]) -> int:
    """Take away prefixes whose event is missing: another one would take them for its own.

    Returns:
        By how much those taken away turned the clock's high half.
    """
    turn = 0
    while segments:
        words = words_of(segments[-1])
        n_kept = count_up_to_last_event(words)
        turn += sum_turns(words[n_kept:])
        segments[-1] = segments[-1][: n_kept * SLOT_SIZE]
        if n_kept:
            break
        del segments[-1]
    return turn
