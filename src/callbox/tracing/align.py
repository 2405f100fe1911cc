"""Which call of one tree is which call of another: alignment in linear time.

    alignment = align(*share_labels(tree_a, tree_b))
    alignment.partners_b  # for each row of tree_b its row in tree_a, or -1: an added call

Two calls are the same call if they are of the same function and were made in the same place: by calls that are the
same, in the same order among those they made. Subtrees that are equal are paired whole, so trees that differ little
cost little more than hashing them. What is on both sides, but elsewhere or in another order, has moved.

Source: hashed subtrees, matched from the largest down, as in G. Cobéna, S. Abiteboul and A. Marian, "Detecting changes
in XML documents", ICDE 2002; the callees of one call are matched by `callbox.tracing.sequences`.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.render.preorder import preorder
from callbox.tracing.sequences import longest_increasing, match_sequences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from callbox.tracing.forest import Forest

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(31)
_SIZE_SHIFT = np.uint64(40)
_MIN_CHECKED = 512
"""Subtrees of this size and equal hash are compared call by call: shorter ones differ but by a chance of 2^-64, while
longer sequences can be made that collide."""
_MAX_ROUNDS = 4
"""How often functions are looked for of which a single call is left on either side."""
_NONE = -1


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which call is which.

    Attributes:
        partners_a: shape `(n_a,)`, for each row of a its row in b; -1 for a call that was removed.
        partners_b: shape `(n_b,)`, for each row of b its row in a; -1 for a call that was added.
        is_moved: shape `(n_b,)`, true for a call of b that has a partner, but with another caller, or in another
            order among the calls of its caller. What it called moved along and is not marked.
    """

    partners_a: NDArray[np.int64]
    partners_b: NDArray[np.int64]
    is_moved: NDArray[np.bool_]

    @property
    def is_equal(self) -> bool:
        """Whether every call has a partner, in its place."""
        return not (self.is_moved.any() or (self.partners_a < 0).any() or (self.partners_b < 0).any())


def align(a: Forest, b: Forest) -> Alignment:
    """Align two forests, in linear time but for sorting.

    Args:
        a: the calls before.
        b: the calls now; its labels, groups and contents mean what those of `a` do.
    """
    n_a, n_b = a.n_groups, b.n_groups
    pairing = _Pairing(
        _Side(a.with_groups()),
        _Side(b.with_groups()),
        has_values=a.contents is not None and b.contents is not None,
    )
    pairing.pair_groups(n_a, n_b)
    pairing.pair_moved()
    partners_a, partners_b, is_moved = pairing.by_row()
    return Alignment(
        np.maximum(partners_a[n_a:] - n_b, _NONE), np.maximum(partners_b[n_b:] - n_a, _NONE), is_moved[n_b:]
    )


class _Side:
    """A forest in reading order, in which every subtree is a slice of places.

    Attributes:
        rows: row of the call at each place.
        keys: three keys for each place: equal where the subtrees' functions and values are; where the functions of
            the subtrees are; where the function is.
        partners: place on the other side, or -1.
    """

    def __init__(self, forest: Forest) -> None:
        order = preorder(forest.parents)
        self.rows, self._sizes = order.rows, order.sizes
        self._labels = forest.labels[order.rows]
        terms = _mixed(self._labels.astype(np.uint64) ^ order.sizes.astype(np.uint64) << _SIZE_SHIFT)
        shapes = wholes = _subtree_hashes(terms, order.sizes)
        if forest.contents is not None:
            wholes = _subtree_hashes(_mixed(terms ^ forest.contents[order.rows]), order.sizes)
        self.keys: tuple[list[int], ...] = (wholes.tolist(), shapes.tolist(), self._labels.tolist())
        self.sizes: list[int] = order.sizes.tolist()
        parents = forest.parents[order.rows]
        self.parents: list[int] = np.where(parents < 0, _NONE, order.places[parents]).tolist()
        self.partners = [_NONE] * len(self.sizes)

    def callees(self, place: int) -> list[int]:
        """Return the places of a call's callees."""
        found, end = [], place + self.sizes[place]
        place += 1
        while place < end:
            found.append(place)
            place += self.sizes[place]
        return found

    def unpaired_callees(self, place: int) -> list[int]:
        """Return the places of a call's callees that have no partner."""
        return [callee for callee in self.callees(place) if self.partners[callee] < 0]

    def unpaired(self) -> list[int]:
        """Return the places without a partner, those of the largest subtrees first."""
        places = np.flatnonzero(np.array(self.partners, np.int64) < 0)
        ordered: list[int] = places[np.argsort(-self._sizes[places], kind="stable")].tolist()
        return ordered

    def is_like(self, place: int, other: _Side, other_place: int) -> bool:
        """Say whether the functions of two subtrees are equal."""
        if self.keys[1][place] != other.keys[1][other_place]:
            return False
        size = self.sizes[place]
        if size < _MIN_CHECKED:
            return True
        mine, theirs = slice(place, place + size), slice(other_place, other_place + size)
        return np.array_equal(self._labels[mine], other._labels[theirs]) and np.array_equal(
            self._sizes[mine], other._sizes[theirs]
        )

    def partner_rows(self, other: _Side) -> NDArray[np.int64]:
        """Return for each row its partner's row, or -1."""
        partners = np.array(self.partners, np.int64)
        rows = np.full(len(partners), _NONE)
        rows[self.rows] = np.where(partners < 0, _NONE, np.append(other.rows, _NONE)[partners])
        return rows


class _Pairing:
    """Pairs two sides. A pair, once made, stays."""

    def __init__(self, a: _Side, b: _Side, *, has_values: bool) -> None:
        self._a, self._b = a, b
        self._waiting: list[tuple[int, int]] = []
        self._is_moved = np.zeros(len(b.rows), np.bool_)
        """By place in b."""
        self._elsewhere: list[int] = []
        """Places in b of what was found elsewhere than among the calls of its caller."""
        self._levels = (0, 1, 2) if has_values else (1, 2)
        self._takes_subtrees = True

    def by_row(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return the partners of a's rows, those of b's rows, and which rows of b have moved."""
        is_moved = np.zeros(len(self._b.rows), np.bool_)
        is_moved[self._b.rows] = self._is_moved
        return self._a.partner_rows(self._b), self._b.partner_rows(self._a), is_moved

    def pair_groups(self, n_a: int, n_b: int) -> None:
        """Pair the first rows, which are roots, without regard to their order, and what is called in the same place."""
        groups_a, groups_b = np.flatnonzero(self._a.rows < n_a).tolist(), np.flatnonzero(self._b.rows < n_b).tolist()
        for level in (0, 1, 2):
            for place_a, place_b in self._pair_off(groups_a, groups_b, level):
                self._take(place_a, place_b)
        self._pair_callees()

    def pair_moved(self) -> None:
        """Pair what is on both sides, but elsewhere.

        Equal subtrees first, the largest before others, and their callers as far up as those are of one function;
        then functions of which one call is left on either side, with what they called; single calls last, where
        there is no choice.
        """
        self._pair_equal_subtrees()
        # From here on, parts of an unpaired subtree may have partners.
        self._takes_subtrees = False
        self._pair_callees()
        for _ in range(_MAX_ROUNDS):
            if not self._pair_sole(level=2, is_leaf=False):
                break
            self._pair_callees()
        self._pair_sole(level=0, is_leaf=True)
        self._settle_moved()

    def _settle_moved(self) -> None:
        """Find out what is where it was, its caller having been paired after it, unless the order is another."""
        callers: set[int] = set()
        for place in self._elsewhere:
            parent_a, parent_b = self._a.parents[self._b.partners[place]], self._b.parents[place]
            if parent_b >= 0 and self._b.partners[parent_b] == parent_a:
                self._is_moved[place] = False
                callers.add(parent_b)
        for caller in callers:
            in_place = [
                (place, self._b.partners[place])
                for place in self._b.callees(caller)
                if self._b.partners[place] >= 0 and not self._is_moved[place]
            ]
            in_order = longest_increasing(in_place)
            self._is_moved[[place for place, _ in in_place]] = True
            self._is_moved[[place for place, _ in in_order]] = False

    def _take(self, place_a: int, place_b: int) -> None:
        """Pair two calls of one function, and what they called: at once if it is equal, else later."""
        if self._takes_subtrees and self._a.is_like(place_a, self._b, place_b):
            size = self._a.sizes[place_a]
            self._a.partners[place_a : place_a + size] = range(place_b, place_b + size)
            self._b.partners[place_b : place_b + size] = range(place_a, place_a + size)
            return
        self._a.partners[place_a], self._b.partners[place_b] = place_b, place_a
        self._waiting.append((place_a, place_b))

    def _pair_callees(self) -> None:
        """Pair the callees of the pairs that wait for it, and theirs."""
        while self._waiting:
            caller_a, caller_b = self._waiting.pop()
            callees_a, callees_b = self._a.unpaired_callees(caller_a), self._b.unpaired_callees(caller_b)
            if not (callees_a and callees_b):
                continue
            for i, j in self._match(callees_a, callees_b):
                self._take(callees_a[i], callees_b[j])
            for level in self._levels:
                for place_a, place_b in self._pair_off(callees_a, callees_b, level):
                    # Of a single call nothing but its function and values says that it is the same.
                    if level == self._levels[0] or min(self._a.sizes[place_a], self._b.sizes[place_b]) > 1:
                        self._is_moved[place_b] = True
                        self._take(place_a, place_b)

    def _match(self, callees_a: Sequence[int], callees_b: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Match callees in their order: equal ones first, between them like ones, then those of one function."""
        gaps = [(0, len(callees_a), 0, len(callees_b))]
        for level in self._levels:
            keys_a, keys_b = self._a.keys[level], self._b.keys[level]
            rest: list[tuple[int, int, int, int]] = []
            for first_a, end_a, first_b, end_b in gaps:
                pairs = [
                    (first_a + i, first_b + j)
                    for i, j in match_sequences(
                        [keys_a[place] for place in callees_a[first_a:end_a]],
                        [keys_b[place] for place in callees_b[first_b:end_b]],
                    )
                ]
                yield from pairs
                for i, j in (*pairs, (end_a, end_b)):
                    if first_a < i and first_b < j:
                        rest.append((first_a, i, first_b, j))
                    first_a, first_b = i + 1, j + 1
            gaps = rest

    def _pair_off(self, places_a: Iterable[int], places_b: Iterable[int], level: int) -> list[tuple[int, int]]:
        """Return pairs of equal key among what has no partner, in order of each key's places."""
        keys_a, keys_b = self._a.keys[level], self._b.keys[level]
        free: defaultdict[int, deque[int]] = defaultdict(deque)
        for place in places_a:
            if self._a.partners[place] < 0:
                free[keys_a[place]].append(place)
        unpaired = (place for place in places_b if self._b.partners[place] < 0)
        return [(free[keys_b[place]].popleft(), place) for place in unpaired if free.get(keys_b[place])]

    def _pair_equal_subtrees(self) -> None:
        """Pair subtrees of two calls and more that have an equal one elsewhere, with equal values if there is one."""
        unpaired_a = [place for place in self._a.unpaired() if self._a.sizes[place] > 1]
        unpaired_b = [place for place in self._b.unpaired() if self._b.sizes[place] > 1]
        free: tuple[defaultdict[int, deque[int]], ...] = (defaultdict(deque), defaultdict(deque))
        wanted = {self._b.keys[0][place] for place in unpaired_b}
        for place in unpaired_a:
            free[0][self._a.keys[0][place]].append(place)
            if self._a.keys[0][place] not in wanted:
                free[1][self._a.keys[1][place]].append(place)
        for place_b in unpaired_b:
            # A larger subtree around it may have been paired since.
            if self._b.partners[place_b] < 0 and (place_a := self._pop_like(free, place_b)) is not None:
                self._move(place_a, place_b)
                self._pair_callers(place_a, place_b)

    def _pair_callers(self, place_a: int, place_b: int) -> None:
        labels_a, labels_b = self._a.keys[2], self._b.keys[2]
        while True:
            place_a, place_b = self._a.parents[place_a], self._b.parents[place_b]
            if min(place_a, place_b) < 0 or max(self._a.partners[place_a], self._b.partners[place_b]) >= 0:
                return
            if labels_a[place_a] != labels_b[place_b]:
                return
            self._move(place_a, place_b)

    def _pop_like(self, free: Sequence[defaultdict[int, deque[int]]], place_b: int) -> int | None:
        for level in (0, 1):
            candidates = free[level].get(self._b.keys[level][place_b], ())
            while candidates:
                place_a = candidates.popleft()
                if self._a.partners[place_a] < 0 and self._a.is_like(place_a, self._b, place_b):
                    return place_a
        return None

    def _pair_sole(self, *, level: int, is_leaf: bool) -> bool:
        """Pair calls whose key one unpaired call has on either side; say whether there were any."""
        soles = []
        for side in (self._a, self._b):
            places = [place for place in side.unpaired() if (side.sizes[place] == 1) == is_leaf]
            counts = Counter(side.keys[level][place] for place in places)
            soles.append({side.keys[level][p]: p for p in places if counts[side.keys[level][p]] == 1})
        common = [key for key in soles[1] if key in soles[0]]
        for key in common:
            self._move(soles[0][key], soles[1][key])
        return bool(common)

    def _move(self, place_a: int, place_b: int) -> None:
        self._is_moved[place_b] = True
        self._elsewhere.append(place_b)
        self._take(place_a, place_b)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    numbers = (numbers ^ numbers >> _SHIFT) * _MIX
    return (numbers ^ numbers >> _SHIFT) * np.uint64(_BASE)


def _subtree_hashes(terms: NDArray[np.uint64], sizes: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash every subtree: a polynomial over the terms of its slice, modulo 2^64.

    Labels and sizes in reading order say all about a tree's shape.
    """
    n = len(terms)
    powers = np.cumprod(np.concatenate((np.ones(1, np.uint64), np.full(n, _BASE, np.uint64))))[:n]
    inverses = np.cumprod(np.concatenate((np.ones(1, np.uint64), np.full(n, _INVERSE, np.uint64))))[:n]
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms * powers)))
    places = np.arange(n)
    hashes: NDArray[np.uint64] = (sums[places + sizes] - sums[places]) * inverses
    return hashes
