"""Begins and ends of segments in their order."""

from __future__ import annotations

import numpy as np
from tests.support.timelines import segments_of, timeline_of

from callbox.model import GREENLET
from callbox.render.steps import SpanSegments
from callbox.render.timeline import Passage, stack_name


def spoken(passage: Passage) -> str:
    return " ".join(
        f"{'(' if is_begin else ')'}{place}"
        for place, is_begin in zip(passage.segment.tolist(), passage.is_begin.tolist(), strict=True)
    )


def test_ends_come_before_what_begins_after_them(draw) -> None:
    tree = draw("a\n  b\n    c\n  d\ne").tree

    assert spoken(Passage(segments_of(tree, np.arange(5)))) == "(0 (1 (2 )2 )1 (3 )3 )0 (4 )4"


def test_depths_with_gaps_nest_all_the_same() -> None:
    columns = (
        np.zeros(4, np.int64),
        np.ones(4, np.int64),
        np.array([2, 7, 5, 0], np.int32),
        np.arange(4, dtype=np.int32),
    )

    assert spoken(Passage(SpanSegments(*columns))) == "(0 (1 )1 (2 )2 )0 (3 )3"


def test_times_never_run_backwards(draw) -> None:
    tree = draw("a\n  b\n  c").tree
    tree.calls["t_end_ns"][1] += 100_000

    assert (np.diff(Passage(segments_of(tree, np.arange(3))).t_ns) >= 0).all()


def test_no_segments_have_no_passage(draw) -> None:
    passage = Passage(segments_of(draw("a").tree, np.arange(0)))

    assert (len(passage.segment), len(passage.t_ns)) == (0, 0)


def test_stack_is_named_by_thread_process_and_greenlet(draw) -> None:
    tree = draw("# clerk\nf\n# \nf").tree
    first, second = timeline_of(tree).stacks
    green = type(first)(0, GREENLET | 3, first.segments)

    assert stack_name(first, tree.threads) == "clerk"
    assert stack_name(first, tree.threads, with_process=True) == "clerk (process 7)"
    assert stack_name(green, tree.threads) == "clerk, greenlet 3"
    assert stack_name(second, tree.threads) == "thread 2"
