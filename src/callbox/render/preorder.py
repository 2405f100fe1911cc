"""The calls of a tree in reading order: each call, then everything it called, then the next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Preorder:
    """Places 0..n-1 in reading order, in which every subtree is one slice.

    Rows are ordered by start, which is the same only while no generator is
    resumed: what it calls then stands after calls it has nothing to do with.

    Attributes:
        rows: shape `(n,)`, row of the call at each place.
        places: shape `(n,)`, place of each row.
        sizes: shape `(n,)`, calls in the subtree at each place, itself included.
        depths: shape `(n,)`, callers above the call at each place.
    """

    rows: Indices
    places: Indices
    sizes: Indices
    depths: Indices
    _children: Indices
    """Rows sorted by parent, then by start."""
    _parents: Indices
    """The parent of each of `_children`."""

    def children(self, place: int) -> Indices:
        """Return the places of the calls that the call at `place` made; -1 for the roots."""
        row = -1 if place < 0 else self.rows[place]
        first, last = np.searchsorted(self._parents, (row, row + 1))
        return self.places[self._children[first:last]]


def preorder(parents: NDArray[np.int32]) -> Preorder:
    """Bring the calls of a tree into reading order, in linear time but for one sort, however deep they nest.

    Args:
        parents: shape `(n,)`, row of each call's caller, -1 for a root; callers stand before what they call.
    """
    n = len(parents)
    # row n is the end, and, as row -1, the caller of all roots
    children = np.argsort(parents, kind="stable").astype(np.int64, copy=False)
    sorted_parents = parents[children].astype(np.int64)
    is_sibling = sorted_parents[1:] == sorted_parents[:-1]
    next_sibling = np.full(n + 1, n, np.int64)
    next_sibling[children[:-1][is_sibling]] = children[1:][is_sibling]
    is_first = np.concatenate(([True], ~is_sibling))[:n]
    first_child = np.full(n + 1, n, np.int64)
    first_child[sorted_parents[is_first]] = children[is_first]

    after = _rows_after_subtrees(next_sibling, parents)
    next_row = np.where(first_child[:n] < n, first_child[:n], after)
    places = _places_along(next_row)
    rows = np.empty(n, np.int64)
    rows[places] = np.arange(n)
    ends = np.append(places, n)[after]
    sizes = np.empty(n, np.int64)
    sizes[places] = ends - places
    return Preorder(rows, places, sizes, _depths(sizes), children, sorted_parents)


def _rows_after_subtrees(next_sibling: Indices, parents: NDArray[np.int32]) -> Indices:
    """Find the row that follows each subtree: the next sibling of the nearest call, going up, that has one.

    Pointer jumping: each round doubles the steps, so a chain of 50,000 last calls takes 16.
    """
    n = len(parents)
    climb = np.arange(n + 1)
    is_last = next_sibling[:n] == n
    climb[:n][is_last] = parents[is_last]
    climb[climb < 0] = n
    while not np.array_equal(further := climb[climb], climb):
        climb = further
    after: Indices = next_sibling[climb[:n]]
    return after


def _places_along(next_row: Indices) -> Indices:
    """Number the rows along the chain `0, next_row[0], ...`, run by run of consecutive rows."""
    n = len(next_row)
    heads = np.concatenate(([0], np.flatnonzero(next_row[:-1] != np.arange(1, n)) + 1))
    if len(heads) == 1:
        return np.arange(n)
    lengths = np.diff(heads, append=n)
    run_of_row = np.repeat(np.arange(len(heads)), lengths)
    next_run = np.append(run_of_row, -1)[next_row[heads + lengths - 1]].tolist()
    run_order = [0]
    while (run := next_run[run_order[-1]]) >= 0:
        run_order.append(run)
    first_places = np.empty(len(heads), np.int64)
    first_places[run_order] = np.cumsum(lengths[run_order]) - lengths[run_order]
    places: Indices = first_places[run_of_row] + np.arange(n) - heads[run_of_row]
    return places


def _depths(sizes: Indices) -> Indices:
    """Count, for each place, the subtrees that it lies inside of."""
    n = len(sizes)
    inner = np.flatnonzero(sizes > 1)
    opened = np.bincount(inner + 1, minlength=n + 1)
    closed = np.bincount(inner + sizes[inner], minlength=n + 1)
    return np.cumsum(opened - closed)[:n]
