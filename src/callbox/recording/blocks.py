"""A thread's slots, put together from the blocks of a box that are intact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callbox.model import ThreadCapture
from callbox.recording.box import BLOCK_MAX_SLOTS, ThreadRow
from callbox.recording.slots import SLOT_SIZE, bridge, codes_of, has_unknown_kind, step_high, sum_turns, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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

    def add(self, slots: memoryview, first: int, high: int) -> None:
        """Check a block and keep it.

        Raises:
            BlockError: it says what cannot be.
        """
        n_slots, rest = divmod(slots.nbytes, SLOT_SIZE)
        if rest or not 0 < n_slots <= BLOCK_MAX_SLOTS:
            raise BlockError(f"a block of slots of {self} has {slots.nbytes} bytes")
        if first < self._n_seen or first + n_slots > self._row.n_slots:
            raise BlockError(
                f"slots {first} to {first + n_slots - 1} of {self} are out of place: "
                f"{self._n_seen} came before, and there are {self._row.n_slots}"
            )
        words = words_of(slots)
        if has_unknown_kind(words):
            raise BlockError(f"a block of {self} holds a slot of a kind that this callbox does not know")
        if not self._known_codes[codes_of(words)].all():
            raise BlockError(f"a block of {self} names a function that the table of functions lacks")
        self._blocks.append(_Block(first, n_slots, high, sum_turns(words), slots))

    def describe_gaps(self) -> list[str]:
        """Name the runs of slots that no intact block holds."""
        bounds = [(block.first, block.first + block.n_slots) for block in self._blocks]
        starts = [0, *(end for _, end in bounds)]
        ends = [*(first for first, _ in bounds), self._row.n_slots]
        return [
            f"{self} lacks {end - start} of its {self._row.n_slots} slots, from slot {start} on"
            for start, end in zip(starts, ends, strict=True)
            if start < end
        ]

    def capture(self) -> ThreadCapture:
        """Hand over the slots; where some are missing, the clock is carried over the gap."""
        segments: list[memoryview] = []
        for position, block in enumerate(self._blocks):
            before = self._blocks[position - 1] if position else None
            if before is not None and before.first + before.n_slots < block.first:
                segments.append(memoryview(bridge(before.high, step_high(block.high, -block.turn))))
            segments.append(block.slots)
        return ThreadCapture(
            ident=self._row.ident,
            native_id=self._row.native_id,
            name=self._row.name,
            process_id=self._row.process_id,
            n_events=self._row.n_events,
            ticks_high=self._blocks[-1].high if self._blocks else 0,
            segments=tuple(segments),
        )

    @property
    def _n_seen(self) -> int:
        """Position after the newest slot so far."""
        return self._blocks[-1].first + self._blocks[-1].n_slots if self._blocks else 0

    def __str__(self) -> str:
        return f"thread {self._index} ({self._row.name!r})"
