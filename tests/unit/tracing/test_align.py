"""Alignment of call trees."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.drawing import draw, draw_chain

from callbox.tracing.align import align
from callbox.tracing.forest import Forest, share_labels

LABELS: dict[str, int] = {}


@dataclass(frozen=True)
class Written:
    """A forest written as indented lines, `name` or `name=value`."""

    forest: Forest
    lines: list[str]


def write(text: str, *, has_values: bool = False) -> Written:
    lines = [line for line in text.splitlines() if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    parents, stack = [], []
    for row, line in enumerate(lines):
        depth = (len(line) - len(line.lstrip()) - margin) // 2
        parents.append(stack[depth - 1] if depth else -1)
        stack[depth:] = [row]
    names = [line.strip() for line in lines]
    labels = [LABELS.setdefault(name.partition("=")[0], len(LABELS)) for name in names]
    contents = np.array([hash(name) & 0xFFFFFFFF for name in names], np.uint64) if has_values else None
    return Written(Forest(np.array(parents, np.int32), np.array(labels, np.int64), contents), names)


def described(before: str, after: str, *, has_values: bool = False) -> dict[str, list[str]]:
    """Say which calls were removed, added and moved, and which of those that stayed changed places in the lists."""
    a, b = write(before, has_values=has_values), write(after, has_values=has_values)
    found = align(a.forest, b.forest)
    return {
        "removed": [a.lines[row] for row in np.flatnonzero(found.partners_a < 0)],
        "added": [b.lines[row] for row in np.flatnonzero(found.partners_b < 0)],
        "moved": [b.lines[row] for row in np.flatnonzero(found.is_moved)],
    }


PAGE = """
main
  load
    open
    read
  sort
    less
    less
  print
"""


def test_equal_trees_have_no_difference() -> None:
    a = write(PAGE)

    found = align(a.forest, a.forest)

    assert found.is_equal
    assert found.partners_a.tolist() == found.partners_b.tolist() == list(range(8))


def test_empty_forests_are_equal() -> None:
    assert align(write("").forest, write("").forest).is_equal


def test_everything_is_added_to_an_empty_forest() -> None:
    assert described("", PAGE)["added"] == ["main", "load", "open", "read", "sort", "less", "less", "print"]


def test_added_call_is_found_among_its_siblings() -> None:
    after = PAGE.replace("    read", "    seek\n    read")

    assert described(PAGE, after) == {"removed": [], "added": ["seek"], "moved": []}


def test_removed_subtree_is_named_call_by_call() -> None:
    after = PAGE.replace("  sort\n    less\n    less\n", "")

    assert described(PAGE, after) == {"removed": ["sort", "less", "less"], "added": [], "moved": []}


def test_changed_count_is_an_added_call() -> None:
    after = PAGE.replace("    less\n", "    less\n    less\n", 1)

    assert described(PAGE, after) == {"removed": [], "added": ["less"], "moved": []}


def test_calls_in_another_order_have_moved() -> None:
    after = "main\n  sort\n    less\n    less\n  load\n    open\n    read\n  print"

    found = described(PAGE, after)

    assert found["removed"] == found["added"] == []
    assert found["moved"] in (["load"], ["sort"])


def test_calls_in_another_order_and_changed_inside_have_moved() -> None:
    after = "main\n  sort\n    less\n  print\n  load\n    open\n    seek\n    read"

    found = described(PAGE, after)

    assert found == {"removed": ["less"], "added": ["seek"], "moved": ["load"]}


def test_subtree_below_another_caller_has_moved() -> None:
    before = "main\n  a\n    x\n      y\n  b\n    z"
    after = "main\n  a\n  b\n    z\n    x\n      y"

    assert described(before, after) == {"removed": [], "added": [], "moved": ["x"]}


def test_wrapper_around_a_call_is_added_and_the_call_moves_into_it() -> None:
    before = "main\n  load\n    open\n    read"
    after = "main\n  retry\n    load\n      open\n      read"

    assert described(before, after) == {"removed": [], "added": ["retry"], "moved": ["load"]}


def test_changed_call_that_moved_into_a_wrapper_is_known_by_its_function() -> None:
    before = "main\n  load\n    open\n    read"
    after = "main\n  retry\n    load\n      open\n      seek\n      read"

    assert described(before, after) == {"removed": [], "added": ["retry", "seek"], "moved": ["load"]}


def test_changed_calls_of_one_function_move_into_wrappers_with_what_is_equal_in_them() -> None:
    before = "main\n  get\n    a\n      x\n    b\n  get\n    c\n      y\n    b"
    after = "main\n  try\n    get\n      a\n        x\n      d\n  try\n    get\n      c\n        y\n      d"

    found = described(before, after)

    assert found == {"removed": ["b", "b"], "added": ["try", "d", "try", "d"], "moved": ["get", "get"]}


def test_calls_found_before_their_caller_keep_their_order_or_have_moved() -> None:
    before = "main\n  one\n    load\n      parse\n        x\n          p\n        y\n          q"
    after = "main\n  two\n    load\n      parse\n        y\n          q\n        x\n          p"

    found = described(before, after)

    assert found == {"removed": ["one"], "added": ["two"], "moved": ["load", "y"]}


def test_single_call_moves_only_where_there_is_no_choice() -> None:
    one = described("main\n  a\n    log\n  b", "main\n  a\n  b\n    log")
    many = described("main\n  a\n    log\n    log\n  b", "main\n  a\n  b\n    log\n    log")

    assert one == {"removed": [], "added": [], "moved": ["log"]}
    assert many == {"removed": ["log", "log"], "added": ["log", "log"], "moved": []}


def test_values_say_which_of_equal_calls_was_removed() -> None:
    before = "main\n  f=1\n  f=2\n  f=3\n  g"
    after = "main\n  f=1\n  f=3\n  g"

    assert described(before, after, has_values=True)["removed"] == ["f=2"]


def test_changed_value_leaves_a_call_in_its_place() -> None:
    found = described("main\n  f=1\n  f=2\n  g", "main\n  f=2\n  f=3\n  g", has_values=True)

    assert found == {"removed": [], "added": [], "moved": []}


def test_single_call_with_another_value_is_another_call() -> None:
    found = described("main\n  f=1\n  g\n  h", "main\n  g\n  f=2", has_values=True)

    assert found == {"removed": ["f=1", "h"], "added": ["f=2"], "moved": []}


def test_groups_pair_whatever_their_order() -> None:
    parents, labels = np.array([-1, -1, -1], np.int32), np.array([5, 6, 7])
    a = Forest(parents, labels, None, np.array([1, 2, 2]), np.array([0, 1, 2], np.uint32))
    b = Forest(parents, labels[[2, 0, 1]], None, np.array([2, 1, 2]), np.array([0, 1, 2], np.uint32))

    found = align(a, b)

    assert found.is_equal
    assert found.partners_b.tolist() == [2, 0, 1]


def test_threads_are_known_by_name_but_for_numbers() -> None:
    before = draw("# MainThread\nmain\n# worker-1\nf\n# worker-2\ng").tree
    after = draw("# MainThread\nmain\n# worker-8\ng\n# worker-9\nf").tree

    assert align(*share_labels(before, after)).is_equal


def test_functions_are_known_by_name_whatever_their_ids() -> None:
    before, after = draw("main\n  f\n  g").tree, draw("main\n  g\n  f").tree

    found = align(*share_labels(before, after))

    assert found.is_moved.sum() == 1
    assert (found.partners_b >= 0).all()


def test_long_sequences_made_to_collide_are_told_apart() -> None:
    # Thue and Morse's sequence and its complement have the same polynomial hash modulo 2^64, whatever the base.
    bits = [bin(i).count("1") & 1 for i in range(4096)]
    parents = np.concatenate(([-1], np.zeros(4096))).astype(np.int32)

    found = align(Forest(parents, np.array([9, *bits])), Forest(parents, np.array([9, *(1 - bit for bit in bits)])))

    assert not found.is_equal
    assert found.partners_b[0] == 0


def test_deep_recursion_is_aligned() -> None:
    found = align(*share_labels(draw_chain(50_000), draw_chain(49_990)))

    assert np.count_nonzero(found.partners_a < 0) == 10


@pytest.mark.parametrize("has_values", [False, True])
@given(seed=st.integers(0, 2**32))
def test_pairs_are_of_one_function_and_in_place_unless_moved(seed, has_values) -> None:
    a, b = random_pair(random.Random(seed), has_values)

    found = align(a, b)

    paired = np.flatnonzero(found.partners_b >= 0)
    in_place = paired[~found.is_moved[paired]]
    parents_a = np.append(a.parents, -1)[found.partners_b[in_place]]
    assert (found.partners_a[found.partners_b[paired]] == paired).all()
    assert np.count_nonzero(found.partners_a >= 0) == len(paired)
    assert (a.labels[found.partners_b[paired]] == b.labels[paired]).all()
    assert (np.append(found.partners_b, -1)[b.parents[in_place]] == parents_a).all()


@given(seed=st.integers(0, 2**32))
def test_calls_in_place_keep_their_order(seed) -> None:
    a, b = random_pair(random.Random(seed), has_values=False)

    found = align(a, b)

    in_place = np.flatnonzero((found.partners_b >= 0) & ~found.is_moved)
    assert callees_in_order(found.partners_b[in_place], b.parents[in_place])


def callees_in_order(rows: np.ndarray, parents: np.ndarray) -> bool:
    order = np.argsort(parents, kind="stable")
    rows, parents = rows[order], parents[order]
    return bool((np.diff(rows)[np.diff(parents) == 0] > 0).all())


def random_pair(rng: random.Random, has_values: bool) -> tuple[Forest, Forest]:
    """Make a forest, and another that is a copy of it with some rows changed, left out or taken elsewhere."""
    n = rng.randrange(1, 40)
    rows = [(rng.randrange(-1, row) if row else -1, rng.randrange(6), rng.randrange(3)) for row in range(n)]
    kept = [row for row in range(n) if rng.random() < 0.9]
    new_rows = {row: position for position, row in enumerate(kept)}
    changed = []
    for row in kept:
        parent, label, value = rows[row]
        place = new_rows.get(parent, -1) if rng.random() < 0.95 else rng.randrange(-1, len(changed) or 1)
        changed.append(
            (place if place < len(changed) else -1, label if rng.random() < 0.95 else rng.randrange(6), value)
        )
    return as_forest(rows, has_values), as_forest(changed, has_values)


def as_forest(rows: list[tuple[int, int, int]], has_values: bool) -> Forest:
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    return Forest(columns[0].astype(np.int32), columns[1], columns[2].astype(np.uint64) if has_values else None)
