"""Rectangles of one lane of the time line, for any window at any zoom.

A tile is what a window shows: `TILE_CELLS` cells wide, `TILE_LEVELS` levels high. What is narrower than a cell is
drawn together with its neighbours, so that a tile has few rectangles however much happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.tracing.segments import Segments

TILE_CELLS = 512
TILE_LEVELS = 64
MAX_RECTANGLES = 6000
"""In a tile; where there would be more, cells grow."""
MAX_ZOOM = 50
"""Cells of 2**50 ns are 13 days."""
_LATEST_NS = 1 << 61

_COLUMNS = ("level", "start_ns", "end_ns", "row", "n_calls", "longest_ns")


@dataclass(frozen=True, slots=True)
class Rectangles:
    """Rectangles, by level and then by start; columns of shape `(n_rectangles,)`."""

    level: NDArray[np.int32]
    start_ns: NDArray[np.int64]
    """Since the recording's first call."""
    end_ns: NDArray[np.int64]
    row: NDArray[np.int32]
    """The call, or the longest of those that are drawn together."""
    n_calls: NDArray[np.int64]
    longest_ns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def joined(cls, parts: list[Rectangles]) -> Rectangles:
        """Put several one after another."""
        columns: list[NDArray[Any]] = [np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS]
        return cls(*columns)


_NO_NUMBERS, _NO_TIMES = np.empty(0, np.int32), np.empty(0, np.int64)
_NOTHING = Rectangles(_NO_NUMBERS, _NO_TIMES, _NO_TIMES, _NO_NUMBERS, _NO_TIMES, _NO_TIMES)


class Track:
    """The segments of a lane, sorted so that any window of any level is a slice."""

    def __init__(self, segments: Segments, epoch_ns: int) -> None:
        """Sort segments by level.

        Args:
            segments: in order of start.
            epoch_ns: what times are counted from.
        """
        depths = segments.depth
        narrow = depths.astype(np.uint16) if len(depths) and depths.max() < 1 << 16 else depths
        order = np.argsort(narrow, kind="stable")  # of 16 bits, this is a radix sort
        self.start_ns = segments.start_ns[order] - epoch_ns
        self.end_ns = segments.end_ns[order] - epoch_ns
        self.row = segments.row[order]
        self.bounds = np.concatenate(([0], np.cumsum(np.bincount(depths)))).tolist()
        self._reach_ns = self._reach()

    @property
    def n_levels(self) -> int:
        """Levels of nesting."""
        return len(self.bounds) - 1

    def tile(self, zoom: int, index: int, block: int) -> Rectangles:
        """Return what stands in a tile.

        Args:
            zoom: cells are `2**zoom` ns wide.
            index: of the tile, counted from the beginning of the recording.
            block: which `TILE_LEVELS` levels.
        """
        zoom = min(max(zoom, 0), MAX_ZOOM)
        cell_ns = 1 << zoom
        from_ns = index * TILE_CELLS * cell_ns
        if block < 0 or not 0 <= from_ns <= _LATEST_NS:
            return _NOTHING
        levels = range(block * TILE_LEVELS, min((block + 1) * TILE_LEVELS, self.n_levels))
        parts = [self._window(level, from_ns, from_ns + TILE_CELLS * cell_ns) for level in levels]
        rectangles = Rectangles.joined([_condense(part, cell_ns) for part in parts]) if parts else _NOTHING
        while len(rectangles) > MAX_RECTANGLES and cell_ns < TILE_CELLS << zoom:
            cell_ns *= 2
            rectangles = _condense(rectangles, cell_ns)
        return rectangles

    def at(self, row: int, start_ns: int) -> tuple[int, int, int] | None:
        """Return level, start and end of a call's first segment; None if it has none here.

        Args:
            row: of the call.
            start_ns: when it began.
        """
        for level in range(self.n_levels):
            low, high = self.bounds[level], self.bounds[level + 1]
            first, last = (low + np.searchsorted(self.start_ns[low:high], (start_ns, start_ns + 1))).tolist()
            places = np.flatnonzero(self.row[first:last] == row)
            if len(places):
                return level, start_ns, int(self.end_ns[first + places[0]])
        return None

    def _reach(self) -> NDArray[np.int64]:
        """Return for each segment the latest end of those before it on its level: mostly its own."""
        end_ns = self.end_ns
        is_inner = np.ones(len(end_ns), np.bool_)
        is_inner[[bound for bound in self.bounds if bound < len(end_ns)]] = False
        overlaps = np.flatnonzero((end_ns[:-1] > self.start_ns[1:]) & is_inner[1:])
        if not len(overlaps):
            return end_ns
        reach = end_ns.copy()
        for level in np.unique(np.searchsorted(self.bounds, overlaps, side="right") - 1).tolist():
            here = slice(self.bounds[level], self.bounds[level + 1])
            reach[here] = np.maximum.accumulate(end_ns[here])
        return reach

    def _window(self, level: int, from_ns: int, to_ns: int) -> Rectangles:
        low, high = self.bounds[level], self.bounds[level + 1]
        first = low + int(np.searchsorted(self._reach_ns[low:high], from_ns))
        last = low + int(np.searchsorted(self.start_ns[low:high], to_ns))
        if first >= last:
            return _NOTHING
        start_ns, end_ns = self.start_ns[first:last], self.end_ns[first:last]
        n = last - first
        return Rectangles(
            np.full(n, level, np.int32), start_ns, end_ns, self.row[first:last], np.ones(n, np.int64), end_ns - start_ns
        )


def _condense(rectangles: Rectangles, cell_ns: int) -> Rectangles:
    """Join neighbours on one level that begin in one cell and are narrower than it."""
    if len(rectangles) < 2:
        return rectangles
    start_ns, end_ns, level = rectangles.start_ns, rectangles.end_ns, rectangles.level
    is_wide = end_ns - start_ns >= cell_ns
    cells = start_ns >> (cell_ns.bit_length() - 1)
    begins = np.ones(len(start_ns), np.bool_)
    begins[1:] = is_wide[1:] | is_wide[:-1] | (cells[1:] != cells[:-1]) | (level[1:] != level[:-1])
    firsts = np.flatnonzero(begins)
    if len(firsts) == len(start_ns):
        return rectangles
    longest_ns = np.maximum.reduceat(rectangles.longest_ns, firsts)
    # The first of a group that is as long as its longest.
    groups = np.cumsum(begins) - 1
    candidates = np.flatnonzero(rectangles.longest_ns == longest_ns[groups])
    chosen = np.empty(len(firsts), np.int64)
    chosen[groups[candidates][::-1]] = candidates[::-1]
    return Rectangles(
        level[firsts],
        start_ns[firsts],
        np.maximum.reduceat(end_ns, firsts),
        rectangles.row[chosen],
        np.add.reduceat(rectangles.n_calls, firsts),
        longest_ns,
    )


def as_columns(rectangles: Rectangles, codes: NDArray[np.uint32], outcomes: NDArray[np.uint8]) -> dict[str, Any]:
    """Return rectangles as lists for JSON, with the function and the outcome of each."""
    return {
        "level": rectangles.level.tolist(),
        "start": rectangles.start_ns.tolist(),
        "end": rectangles.end_ns.tolist(),
        "row": rectangles.row.tolist(),
        "count": rectangles.n_calls.tolist(),
        "code": codes[rectangles.row].tolist(),
        "outcome": outcomes[rectangles.row].tolist(),
    }
