"""The longest common part of two sequences, nearly: in linear time, whatever they hold."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Pairs = list[tuple[int, int]]

_MAX_EDITS = 32
"""How many removals and additions the exact search looks ahead before it settles for the way that got farthest."""
_MAX_ROUNDS = 8
"""How often what lies between anchors is searched for anchors again."""


def match_sequences(a: Sequence[int], b: Sequence[int]) -> Pairs:
    """Pair equal elements of two sequences, in order and as many as can be.

    What begins and ends alike is paired first; then what occurs once on either side, if that is in order; what
    lies between by the shortest edit, as far as 32 edits reach. Each step is linear, so the whole is.

    Returns:
        Places `(in a, in b)`, increasing in both.

    Source: J. MacDonald and B. Cohen's patience diff for anchors; E. Myers, "An O(ND) difference algorithm and its
    variations", Algorithmica 1 (1986), for the rest, cut off and begun again after `_MAX_EDITS`.
    """
    pairs: Pairs = []
    waiting = [(0, len(a), 0, len(b), _MAX_ROUNDS)]
    while waiting:
        first_a, end_a, first_b, end_b, n_rounds = waiting.pop()
        while first_a < end_a and first_b < end_b and a[first_a] == b[first_b]:
            pairs.append((first_a, first_b))
            first_a, first_b = first_a + 1, first_b + 1
        while first_a < end_a and first_b < end_b and a[end_a - 1] == b[end_b - 1]:
            end_a, end_b = end_a - 1, end_b - 1
            pairs.append((end_a, end_b))
        if first_a == end_a or first_b == end_b:
            continue
        anchors = _anchors(a, b, range(first_a, end_a), range(first_b, end_b)) if n_rounds else []
        if not anchors:
            pairs += _match_commons(a, b, range(first_a, end_a), range(first_b, end_b))
            continue
        pairs += anchors
        for (start_a, start_b), (stop_a, stop_b) in zip(
            [(first_a - 1, first_b - 1), *anchors], [*anchors, (end_a, end_b)], strict=True
        ):
            waiting.append((start_a + 1, stop_a, start_b + 1, stop_b, n_rounds - 1))
    pairs.sort()
    return pairs


def _anchors(a: Sequence[int], b: Sequence[int], places_a: range, places_b: range) -> Pairs:
    """Pair what occurs once on either side; of pairs that cross keep as many as can be."""
    single_a, single_b = _singles(a, places_a), _singles(b, places_b)
    pairs = [(place, single_b[key]) for key, place in single_a.items() if key in single_b]
    return longest_increasing(pairs)


def _singles(sequence: Sequence[int], places: range) -> dict[int, int]:
    """Map what occurs once to its place, in order."""
    part = sequence[places.start : places.stop]
    counts = Counter(part)
    return {key: place for place, key in zip(places, part, strict=True) if counts[key] == 1}


def longest_increasing(pairs: Pairs) -> Pairs:
    """Keep the longest run of pairs, given by their first place, in which the second grows too."""
    ends: list[int] = []  # the least second place with which a run of each length ends
    rows: list[int] = []
    before: list[int] = []
    for row, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(rows[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        rows[length : length + 1] = [row]
    kept: Pairs = []
    row = rows[-1] if rows else -1
    while row >= 0:
        kept.append(pairs[row])
        row = before[row]
    return kept[::-1]


def _match_commons(a: Sequence[int], b: Sequence[int], places_a: range, places_b: range) -> Iterator[tuple[int, int]]:
    """Match what occurs on both sides; the rest can have no partner."""
    common = {a[place] for place in places_a} & {b[place] for place in places_b}
    kept_a = [place for place in places_a if a[place] in common]
    kept_b = [place for place in places_b if b[place] in common]
    left_a, left_b = [a[place] for place in kept_a], [b[place] for place in kept_b]
    at_a = at_b = 0
    while at_a < len(left_a) and at_b < len(left_b):
        pairs, n_a, n_b = _edit(left_a, left_b, at_a, at_b)
        yield from ((kept_a[at_a + x], kept_b[at_b + y]) for x, y in pairs)
        at_a, at_b = at_a + n_a, at_b + n_b


def _edit(a: list[int], b: list[int], at_a: int, at_b: int) -> tuple[Pairs, int, int]:
    """Search the shortest edit from two places on; return pairs, relative to those, and how far they are final."""
    n_a, n_b = len(a) - at_a, len(b) - at_b
    farthest = {1: 0}  # by diagonal: the place in `a` that so many edits reach
    trail: list[dict[int, int]] = []
    for n_edits in range(_MAX_EDITS + 1):
        trail.append(farthest.copy())
        for diagonal in range(-n_edits, n_edits + 1, 2):
            x = _step(farthest, diagonal, n_edits)
            y = x - diagonal
            while x < n_a and y < n_b and a[at_a + x] == b[at_b + y]:
                x, y = x + 1, y + 1
            farthest[diagonal] = x
            if x >= n_a and y >= n_b:
                return _way_back(trail, x, y), x, y
    inside = [(2 * x - k, x, x - k) for k, x in farthest.items() if (k ^ _MAX_EDITS) & 1 == 0 and x <= n_a]
    _, x, y = max(reached for reached in inside if reached[2] <= n_b)
    return _way_back(trail, x, y), x, y


def _comes_down(farthest: dict[int, int], diagonal: int, n_edits: int) -> bool:
    """Say whether a diagonal is reached best by leaving out an element of `b`, rather than of `a`."""
    return diagonal == -n_edits or (diagonal != n_edits and farthest[diagonal - 1] < farthest[diagonal + 1])


def _step(farthest: dict[int, int], diagonal: int, n_edits: int) -> int:
    """Return where the next edit leads to on a diagonal."""
    if _comes_down(farthest, diagonal, n_edits):
        return farthest[diagonal + 1]
    return farthest[diagonal - 1] + 1


def _way_back(trail: list[dict[int, int]], x: int, y: int) -> Pairs:
    """Collect the pairs on the way that led to `(x, y)`."""
    pairs: Pairs = []
    for n_edits in range(len(trail) - 1, -1, -1):
        farthest, diagonal = trail[n_edits], x - y
        start = _step(farthest, diagonal, n_edits)
        pairs += [(place, place - diagonal) for place in range(start, x)]
        x, y = start, start - diagonal
        if _comes_down(farthest, diagonal, n_edits):
            y -= 1
        else:
            x -= 1
    return pairs
