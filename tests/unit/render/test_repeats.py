"""Which neighbours are folded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbox.render.preorder import preorder
from callbox.render.repeats import MAX_PERIOD, Group, Repeats, Run


def groups(codes: list[int], parents: list[int] | None = None, parent: int = -1) -> list[Group]:
    """Fold the children of a row; without parents, all rows are roots."""
    order = preorder(np.array(parents or [-1] * len(codes), np.int32))
    keys = np.array(codes, np.uint64)[order.rows] << np.uint64(32) | order.depths.astype(np.uint64)
    return list(Repeats(order, [keys]).groups(order.children(parent)))


def unfolded(found: list[Group]) -> list[int]:
    """Return the places of all siblings that the groups stand for."""
    return [
        run.place + group.size * n + run.size * m
        for group in found
        for n in range(group.n_rounds)
        for run in group.runs
        for m in range(run.n_times)
    ]


def thue_morse(n: int) -> list[int]:
    """Return the sequence whose polynomial vanishes modulo a power of two, for every odd base."""
    return [bin(i).count("1") % 2 for i in range(n)]


def test_equal_neighbours_are_one_run() -> None:
    assert groups([7, 7, 7, 8]) == [Group((Run(0, 3, 1),), 1, 3), Group((Run(3, 1, 1),), 1, 1)]


def test_pattern_of_three_rounds_is_one_group() -> None:
    assert groups([1, 2] * 3) == [Group((Run(0, 1, 1), Run(1, 1, 1)), 3, 2)]


def test_pattern_of_two_rounds_is_written_out() -> None:
    assert [group.n_rounds for group in groups([1, 2] * 2)] == [1, 1, 1, 1]


def test_pattern_may_hold_runs() -> None:
    assert groups([1, 1, 2] * 4) == [Group((Run(0, 2, 1), Run(2, 1, 1)), 4, 3)]


def test_shortest_pattern_is_found() -> None:
    assert [len(group.runs) for group in groups([1, 2] * 12)] == [2]


def test_first_member_may_come_twice_in_a_pattern() -> None:
    assert groups([1, 2, 1, 3] * 5)[0].n_rounds == 5


@pytest.mark.parametrize(("period", "n_groups"), [(MAX_PERIOD, 1), (MAX_PERIOD + 1, 3 * (MAX_PERIOD + 1))])
def test_patterns_have_a_longest_period(period, n_groups) -> None:
    assert len(groups(list(range(period)) * 3)) == n_groups


def test_subtrees_are_compared_whole() -> None:
    codes = [0, 1, 5, 6, 1, 5, 6, 1, 5, 9]
    parents = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8]

    assert groups(codes, parents, parent=0) == [Group((Run(1, 2, 3),), 1, 6), Group((Run(7, 1, 3),), 1, 3)]


def test_subtrees_of_another_shape_differ() -> None:
    codes = [0, 1, 5, 6, 1, 5, 6]
    parents = [-1, 0, 1, 2, 0, 4, 4]

    assert len(groups(codes, parents, parent=0)) == 2


def test_equal_digests_of_different_subtrees_fold_nothing() -> None:
    leaves = thue_morse(2048)
    others = [1 - leaf for leaf in leaves]
    codes = [9, *leaves, 7, 9, *others, 7, 9, *leaves, 7]
    parents = [-1, *[0] * 2048, -1, -1, *[2050] * 2048, -1, -1, *[4100] * 2048, -1]

    found = groups(codes, parents)

    assert [(len(group.runs), group.n_rounds) for group in found] == [(1, 1)] * 6


@given(st.lists(st.integers(0, 2), max_size=60, min_size=1))
def test_every_sibling_is_in_one_group_in_order(codes) -> None:
    assert unfolded(groups(codes)) == list(range(len(codes)))


@given(st.lists(st.integers(0, 2), max_size=60, min_size=1))
def test_what_is_folded_is_equal(codes) -> None:
    found = groups(codes)

    shown = [codes[run.place] for g in found for _ in range(g.n_rounds) for run in g.runs for _ in range(run.n_times)]
    assert shown == codes
