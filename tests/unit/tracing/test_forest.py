"""Call trees as alignment sees them."""

from __future__ import annotations

import numpy as np
from tests.support.drawing import draw

from callbox.model import CallTree, Function
from callbox.tracing.forest import Forest, share_labels


def test_labels_are_equal_for_functions_of_one_name() -> None:
    before, after = share_labels(draw("main\n  f\n  g").tree, draw("g\n  f\n  main\n  f").tree)

    assert before.labels[[2, 1, 0, 1]].tolist() == after.labels.tolist()
    assert len(set(before.labels.tolist())) == 3


def test_c_function_is_another_than_a_python_function_of_its_name() -> None:
    tree = draw("f").tree
    in_c = CallTree(tree.calls, {1: Function(1, "f", "f", "app", "", 0, is_c=True)}, tree.threads)

    before, after = share_labels(tree, in_c)

    assert before.labels[0] != after.labels[0]


def test_file_and_line_make_no_other_function() -> None:
    tree = draw("f").tree
    elsewhere = CallTree(tree.calls, {1: Function(1, "f", "f", "app", "/new/app.py", 99)}, tree.threads)

    before, after = share_labels(tree, elsewhere)

    assert before.labels[0] == after.labels[0]


def test_functions_without_names_share_a_label() -> None:
    tree = draw("f\ng").tree

    before, after = share_labels(CallTree(tree.calls, {}, tree.threads), CallTree(tree.calls, {}, tree.threads))

    assert len({*before.labels.tolist(), *after.labels.tolist()}) == 1


def test_empty_trees_have_forests() -> None:
    empty = draw("").tree

    before, after = share_labels(empty, draw("main").tree)

    assert (len(before.labels), len(after.labels)) == (0, 1)


def test_groups_become_roots_that_come_first() -> None:
    forest = Forest(
        np.array([-1, 0, -1], np.int32), np.array([5, 6, 7]), None, np.array([1, 2]), np.array([0, 0, 1], np.uint32)
    )

    grouped = forest.with_groups()

    assert grouped.parents.tolist() == [-1, -1, 0, 2, 1]
    assert grouped.labels.tolist() == [1, 2, 5, 6, 7]
