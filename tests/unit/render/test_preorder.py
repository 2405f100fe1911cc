"""Reading order, held against the plain recursive definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from callbox.render.preorder import preorder

FORESTS = st.lists(st.integers(0, 1 << 20), max_size=40).map(
    lambda numbers: [number % (row + 1) - 1 for row, number in enumerate(numbers)]
)
"""Parents of forests: of each row any row before it, or none."""


def walk(parents: list[int], row: int = -1, depth: int = -1) -> list[tuple[int, int]]:
    """Return rows with their depths, each before the rows below it."""
    below = [pair for child, p in enumerate(parents) if p == row for pair in walk(parents, child, depth + 1)]
    return below if row < 0 else [(row, depth), *below]


def array(parents: list[int]) -> np.ndarray:
    return np.array(parents, np.int32)


@given(FORESTS)
def test_order_and_depths_are_those_of_a_walk(parents) -> None:
    order = preorder(array(parents))

    assert list(zip(order.rows.tolist(), order.depths.tolist(), strict=True)) == walk(parents)
    assert order.rows[order.places].tolist() == list(range(len(parents)))


@given(FORESTS)
def test_sizes_count_the_whole_subtree(parents) -> None:
    order = preorder(array(parents))

    assert order.sizes[order.places].tolist() == [1 + len(walk(parents, row)[1:]) for row in range(len(parents))]


@given(FORESTS)
def test_children_come_in_order_of_start(parents) -> None:
    order = preorder(array(parents))

    children = [order.rows[order.children(int(place))].tolist() for place in [-1, *order.places]]
    assert children == [[c for c, p in enumerate(parents) if p == row] for row in range(-1, len(parents))]


def test_calls_of_a_resumed_generator_follow_the_generator() -> None:
    order = preorder(array([-1, 0, 0, 1]))

    assert order.rows.tolist() == [0, 1, 3, 2]
    assert order.sizes.tolist() == [4, 2, 1, 1]


def test_depth_costs_no_recursion() -> None:
    order = preorder(np.arange(-1, 99_999, dtype=np.int32))

    assert order.depths[-1] == 99_999
    assert order.sizes[0] == 100_000
