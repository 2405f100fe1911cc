"""What a program did again and again: equal neighbours, and short patterns of neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from callbox.render.preorder import Indices, Preorder

MAX_PERIOD = 32
"""Runs in the longest pattern that is looked for."""

MIN_ROUNDS = 3
"""Two rounds may be chance, and writing them out is as short; three are a loop."""

# An odd number has an inverse modulo 2**64, the arithmetic of uint64.
_BASE = 0x9E3779B97F4A7C15
_INVERSE_BASE = pow(_BASE, -1, 1 << 64)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring calls with equal subtrees, `size` places each."""

    place: int
    n_times: int
    size: int


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring runs that come `n_rounds` times in this order, `size` places each round."""

    runs: tuple[Run, ...]
    n_rounds: int
    size: int


class Repeats:
    """Finds equal subtrees among siblings.

    In reading order a subtree is a slice of keys, so a subtree and its equal
    neighbour are two equal slices side by side. Patterns are found by a digest of
    each slice, a polynomial that comes from prefix sums in constant time, and
    then compared key by key: a collision costs a fold and never hides a call.
    """

    def __init__(self, order: Preorder, keys: Sequence[NDArray[np.uint64]]) -> None:
        """Take the reading order of a tree and its keys.

        Args:
            order: the reading order.
            keys: columns of shape `(n_calls,)`, by place: what calls must have in common to be equal.
        """
        self._sizes = order.sizes
        self._keys = keys
        n = len(order.sizes)
        terms = np.zeros(n, np.uint64)
        for column in keys:
            terms = (terms ^ column) * _MIX
            terms ^= terms >> _SHIFT
        terms *= _powers(_BASE, n)
        self._sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms)))
        self._inverse_powers = _powers(_INVERSE_BASE, n)

    def groups(self, siblings: Indices) -> Iterator[Group]:
        """Fold neighbouring siblings, given by their places; lazily, as wide trees are rarely shown whole."""
        places, counts, sizes = self._runs(siblings)
        digests = (self._digests(places, counts * sizes) ^ counts.astype(np.uint64)).tolist()
        bounds = [*places.tolist(), int(places[-1] + counts[-1] * sizes[-1])]
        at = 0
        while at < len(digests):
            period, n_rounds = find_rounds(digests, at)
            if not self._is_periodic(bounds[at], bounds[at + period] - bounds[at], n_rounds):
                period, n_rounds = 1, 1
            runs = tuple(Run(bounds[i], int(counts[i]), int(sizes[i])) for i in range(at, at + period))
            yield Group(runs, n_rounds, bounds[at + period] - bounds[at])
            at += period * n_rounds

    def _runs(self, siblings: Indices) -> tuple[Indices, Indices, Indices]:
        """Return the place of each run of equal siblings, how many they are, and the size of each."""
        sizes = self._sizes[siblings]
        is_equal = (sizes[1:] == sizes[:-1]) & self._equal(siblings[1:], siblings[:-1])
        # compare the insides, all at once: place by place with the place one subtree further
        inner = np.flatnonzero(is_equal & (sizes[1:] > 1))
        if len(inner):
            lengths = sizes[inner]
            starts = np.cumsum(lengths) - lengths
            inside = np.arange(lengths.sum()) + np.repeat(siblings[inner] - starts, lengths)
            is_same = self._equal(inside, inside + np.repeat(lengths, lengths))
            is_equal[inner] = np.logical_and.reduceat(is_same, starts)
        firsts = np.concatenate(([0], np.flatnonzero(~is_equal) + 1))
        return siblings[firsts], np.diff(firsts, append=len(siblings)), sizes[firsts]

    def _digests(self, places: Indices, sizes: Indices) -> NDArray[np.uint64]:
        """Digest slices of keys; equal slices have equal digests, wherever they are."""
        digests: NDArray[np.uint64] = self._sums[places + sizes] - self._sums[places]
        return digests * self._inverse_powers[places]

    def _is_periodic(self, place: int, size: int, n_rounds: int) -> bool:
        first = np.arange(place, place + size * (n_rounds - 1))
        return bool(self._equal(first, first + size).all())

    def _equal(self, some: Indices, others: Indices) -> NDArray[np.bool_]:
        is_equal = np.ones(len(some), np.bool_)
        for column in self._keys:
            is_equal &= column[some] == column[others]
        return is_equal


def single_groups(order: Preorder, siblings: Indices) -> Iterator[Group]:
    """Give siblings as they are: each a group of its own."""
    for place, size in zip(siblings.tolist(), order.sizes[siblings].tolist(), strict=True):
        yield Group((Run(place, 1, size),), 1, size)


def _powers(base: int, n: int) -> NDArray[np.uint64]:
    powers = np.full(n, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers)


def find_rounds(digests: list[int], at: int) -> tuple[int, int]:
    """Return `(period, n_rounds)` of the shortest pattern that begins here, or `(1, 1)`."""
    limit = at + MAX_PERIOD + 1
    again = at
    while digests[at] in digests[again + 1 : limit]:
        again = digests.index(digests[at], again + 1)
        period = again - at
        end = at
        while end + period < len(digests) and digests[end] == digests[end + period]:
            end += 1
        n_rounds = (end - at) // period + 1
        if n_rounds >= MIN_ROUNDS:
            return period, n_rounds
    return 1, 1
