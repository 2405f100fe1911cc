"""Parts of call trees: whole subtrees, the newest calls, and who calls whom in what is left."""

from __future__ import annotations

import numpy as np
import pytest

from callbox.model import CALL_FIELDS, CallTree, Function, Thread
from callbox.tracing.selection import select_function, select_newest, select_newest_of_threads, select_since

NAMES = {1: "main", 2: "parse", 3: "lex", 4: "other"}
FUNCTIONS = {i: Function(i, name, f"App.{name}", "app", "app.py", i) for i, name in NAMES.items()}
THREAD = Thread(1, 1, "MainThread", 1, n_events=0, n_dropped=0)


def make_tree(rows, *, alloc=None) -> CallTree:
    """Make a tree of rows `(code, parent, depth)`, each beginning one nanosecond after the one before."""
    calls = np.zeros(len(rows), np.dtype(list(CALL_FIELDS)))
    for row, (code, parent, depth) in enumerate(rows):
        calls[row]["code"], calls[row]["parent"], calls[row]["depth"] = code, parent, depth
        calls[row]["t_start_ns"] = row
    return CallTree(calls, FUNCTIONS, (THREAD,), alloc)


def rows_of(tree) -> list[tuple[int, int, int]]:
    return [(int(c["code"]), int(c["parent"]), int(c["depth"])) for c in tree.calls]


TREE = make_tree([(1, -1, 0), (2, 0, 1), (3, 1, 2), (4, 0, 1), (2, 3, 2), (3, 4, 3), (4, -1, 0)])


@pytest.mark.parametrize("glob", ["parse", "app.App.parse", "*.parse", "app.*.[p]arse"])
def test_function_is_kept_with_all_it_called(glob) -> None:
    assert rows_of(select_function(TREE, glob)) == [(2, -1, 0), (3, 0, 1), (2, -1, 0), (3, 2, 1)]


def test_function_that_is_not_there_leaves_nothing() -> None:
    assert rows_of(select_function(TREE, "nowhere")) == []


def test_recursive_function_keeps_its_shape() -> None:
    tree = make_tree([(1, -1, 0), (2, 0, 1), (4, 1, 2), (2, 2, 3)])

    assert rows_of(select_function(tree, "parse")) == [(2, -1, 0), (4, 0, 1), (2, 1, 2)]


def test_newest_calls_hang_below_the_nearest_caller_that_is_kept() -> None:
    tree = make_tree([(1, -1, 0), (2, 0, 1), (3, 1, 2), (4, 2, 3)])

    assert rows_of(select_newest(tree, 2)) == [(3, -1, 0), (4, 0, 1)]


def test_newest_of_more_calls_than_there_are_is_all() -> None:
    assert rows_of(select_newest(TREE, 100)) == rows_of(TREE)


def test_newest_is_by_time_and_not_by_row() -> None:
    tree = make_tree([(1, -1, 0), (2, -1, 0), (3, -1, 0)])
    tree.calls["t_start_ns"] = [5, 1, 3]

    assert rows_of(select_newest(tree, 2)) == [(1, -1, 0), (3, -1, 0)]


def test_allocations_stay_with_their_calls() -> None:
    alloc = np.arange(14, dtype=np.uint64).reshape(7, 2)

    selected = select_function(make_tree(rows_of(TREE), alloc=alloc), "lex")

    assert selected.alloc.tolist() == [[4, 5], [10, 11]]


def test_stack_of_50_000_calls_is_selected_in_logarithmic_rounds() -> None:
    tree = make_tree([(1, -1, 0), *((2, row, row + 1) for row in range(50_000))])

    selected = select_function(tree, "parse")

    assert selected.calls["depth"].tolist() == list(range(50_000))


def test_original_tree_is_left_alone() -> None:
    before = TREE.calls.copy()

    select_function(TREE, "lex")
    select_newest(TREE, 1)

    assert (TREE.calls == before).all()


def test_newest_calls_of_a_thread_keep_their_callers() -> None:
    assert rows_of(select_newest_of_threads(TREE, 2)) == [(1, -1, 0), (4, 0, 1), (2, 1, 2), (3, 2, 3), (4, -1, 0)]


def test_calls_since_a_time_lose_the_callers_that_began_before() -> None:
    assert rows_of(select_since(TREE, 2)) == [(3, -1, 0), (4, -1, 0), (2, 1, 1), (3, 2, 2), (4, -1, 0)]
    assert rows_of(select_since(TREE, 7)) == []
