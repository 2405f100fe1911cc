"""Tasks on a time line."""

from __future__ import annotations

import numpy as np
from tests.support.timelines import timeline_of

from callbox.model import CallTree, Function
from callbox.render.steps import find_arrows, find_spans


def tasks(draw, text: str, numbers: list[int], coroutines: str) -> CallTree:
    """Draw calls of tasks; functions with the letters named are coroutines."""
    tree = draw(text).tree
    tree.calls["task"][:] = numbers
    functions = {
        n: Function(n, f.name, f.name, "app", "app.py", 1, code_flags=0x80 if f.name in coroutines else 0)
        for n, f in tree.functions.items()
    }
    return CallTree(tree.calls, functions, tree.threads)


def test_spans_are_the_coroutines_of_each_task_nested(draw) -> None:
    tree = tasks(draw, "a\n  b\n    f\nc", [1, 1, 1, 2], "abc")

    spans = find_spans(tree)

    assert [(span.process_id, span.task, span.segments.row.tolist()) for span in spans] == [(7, 1, [0, 1]), (7, 2, [3])]
    assert spans[0].segments.depth.tolist() == [0, 1]


def test_span_that_outlives_its_caller_is_cut_there(draw) -> None:
    tree = tasks(draw, "a\n  b", [1, 1], "ab")
    tree.calls["t_end_ns"][1] += 50_000

    [span] = find_spans(tree)

    assert span.segments.end_ns[1] == span.segments.end_ns[0] == tree.calls["t_end_ns"][0]


def test_what_runs_in_no_task_has_no_span(draw) -> None:
    assert find_spans(tasks(draw, "a\n  b", [0, 0], "ab")) == []


def test_arrows_join_the_outermost_steps_of_a_task(draw) -> None:
    tree = tasks(draw, "a\n  b\nc\na", [1, 1, 2, 1], "abc")

    [ends] = find_arrows(timeline_of(tree)).values()

    assert [(arrow.segment, arrow.is_source) for arrow in ends] == [(0, True), (3, False)]
    assert len({arrow.number for arrow in ends}) == 1


def test_arrow_leads_from_the_newest_step_of_the_maker(draw) -> None:
    tree = tasks(draw, "a\na\nc\na", [1, 1, 2, 1], "ac")

    [ends] = find_arrows(timeline_of(tree, {(7, 2): 1})).values()

    made = [arrow.number for arrow in ends if arrow.segment == 2]
    assert [arrow.segment for arrow in ends if arrow.number in made and arrow.is_source] == [1]


def test_maker_without_a_step_has_no_arrow(draw) -> None:
    tree = tasks(draw, "c", [2], "c")

    assert find_arrows(timeline_of(tree, {(7, 2): 1})) == {}
    assert np.count_nonzero(tree.calls["task"]) == 1
