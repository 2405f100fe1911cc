"""Matching of sequences."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbox.tracing.sequences import match_sequences

SEQUENCES = st.lists(st.integers(0, 6), max_size=60)


@given(a=SEQUENCES, b=SEQUENCES)
def test_pairs_are_equal_elements_in_order(a, b) -> None:
    pairs = match_sequences(a, b)

    assert all(a[i] == b[j] for i, j in pairs)
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(pairs))


@given(a=SEQUENCES)
def test_sequence_matches_itself_whole(a) -> None:
    assert match_sequences(a, a) == [(i, i) for i in range(len(a))]


@given(a=SEQUENCES, kept=st.sets(st.integers(0, 59), min_size=30))
def test_what_is_left_of_a_sequence_is_found_in_it(a, kept) -> None:
    b = [element for place, element in enumerate(a) if place in kept]

    assert len(match_sequences(a, b)) == len(b)


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        ("", "abc", []),
        ("abc", "xyz", []),
        ("abcd", "abxcd", [(0, 0), (1, 1), (2, 3), (3, 4)]),
        ("abc", "cab", [(0, 1), (1, 2)]),
        ("aabb", "ab", [(0, 0), (3, 1)]),
        ("xaxbxc", "yaybyc", [(1, 1), (3, 3), (5, 5)]),
    ],
)
def test_small_sequences(a, b, pairs) -> None:
    assert match_sequences([ord(c) for c in a], [ord(c) for c in b]) == pairs


def test_long_sequences_without_anchors_are_matched_in_pieces() -> None:
    a = [i % 7 for i in range(5_000)]
    b = [element for place, element in enumerate(a) if place % 90]

    assert len(match_sequences(a, b)) == len(b)
