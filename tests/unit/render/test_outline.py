"""Which lines are chosen, and that none goes missing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from callbox.render.outline import Line, Outline
from callbox.render.preorder import preorder
from callbox.render.repeats import Repeats

FORESTS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 2)), min_size=1, max_size=80).map(
    lambda pairs: (
        [number % (row + 1) - 1 for row, (number, _) in enumerate(pairs)],
        [code for _, code in pairs],
    )
)
"""Parents, of each row any row before it or none, and codes of few kinds, so that much repeats."""


def outline(forest: tuple[list[int], list[int]], max_lines: int | None, max_levels: int) -> Line:
    parents, codes = forest
    order = preorder(np.array(parents, np.int32))
    keys = np.array(codes, np.uint64)[order.rows] << np.uint64(32) | order.depths.astype(np.uint64)
    outline = Outline(order, Repeats(order, [keys]).groups, max_lines, max_levels)
    heading = outline.add_heading(order.children(-1), n_lines=0)
    outline.grow()
    return heading


def lines_below(line: Line) -> list[Line]:
    parts = [part for part in line.parts if isinstance(part, Line)]
    return [below for part in parts for below in (part, *lines_below(part))]


def n_written(line: Line) -> int:
    """Count the lines of text inside a line: calls, rounds, and one that counts the rest of a part."""
    return sum(len(each.parts) + (each.n_hidden > 0 and len(each.parts) > 0) for each in (line, *lines_below(line)))


@given(FORESTS, st.integers(1, 40), st.integers(1, 6))
def test_every_call_is_on_a_line_or_counted_as_left_out(forest, max_lines, max_levels) -> None:
    heading = outline(forest, max_lines, max_levels)

    on_lines = sum(len(line.copies) * (1 + line.n_hidden) for line in lines_below(heading))
    assert on_lines + heading.n_hidden == len(forest[0])


@given(FORESTS)
def test_without_limits_every_call_is_on_one_line(forest) -> None:
    heading = outline(forest, None, 1000)

    places = [place for line in lines_below(heading) for place in line.copies.tolist()]
    assert sorted(places) == list(range(len(forest[0])))


@given(FORESTS, st.integers(1, 40))
def test_limit_on_lines_is_never_passed(forest, max_lines) -> None:
    assert n_written(outline(forest, max_lines, 1000)) <= max_lines


@given(FORESTS, st.integers(1, 4))
def test_limit_on_levels_is_never_passed(forest, max_levels) -> None:
    heading = outline(forest, None, max_levels)

    assert max(line.level for line in lines_below(heading)) < max_levels
