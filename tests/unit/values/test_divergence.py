"""Where two recorded values first differ."""

from __future__ import annotations

import pytest

from callbox.values.divergence import find_divergence
from callbox.values.frozen import Cut, FrozenDict, FrozenItems, FrozenObject, FrozenText, Opaque

NAN = float("nan")


def obj(identity: int, **attributes) -> FrozenObject:
    return FrozenObject("shop.Item", identity, tuple(attributes.items()), len(attributes))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (1, 2, ("x", "1", "2")),
        (1, True, ("x", "1", "True")),
        (1, 1.0, ("x", "1", "1.0")),
        ([1, 2, 3], [1, 5, 9], ("x[1]", "2", "5")),
        ([1, 2], [1, 2, 3], ("x[2]", "", "3")),
        ((1, 2), (1,), ("x[1]", "2", "")),
        ([1], (1,), ("x", "[1]", "(1,)")),
        ({"a": {"b": [1]}}, {"a": {"b": [2]}}, ("x['a']['b'][0]", "1", "2")),
        ({"a": 1}, {"a": 1, "b": 2}, ("x['b']", "", "2")),
        ({1, 2}, {1, 3}, ("x", "{1, 2}", "{1, 3}")),
        (obj(1, price=3), obj(1, price=4), ("x.price", "3", "4")),
        (obj(1), Opaque("shop.Item", 1), ("x", "Item()", "<Item>")),
        ("a" * 500 + "b", "a" * 500 + "c", ("x[480:]", "'aaaa", "'aaaa")),
    ],
)
def test_first_difference_is_named_with_its_path(before, after, found) -> None:
    divergence = find_divergence(before, after, "x")

    assert divergence is not None
    assert divergence.path == found[0]
    assert (divergence.before[:5], divergence.after[:5]) == (found[1][:5], found[2][:5])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NAN, NAN),
        ([1, {"a": (2,)}], [1, {"a": (2,)}]),
        ({1, 2, 3}, {3, 2, 1}),
        (obj(1, price=3), obj(2, price=3)),
        (Opaque("io.Buffer", 1), Opaque("io.Buffer", 2)),
        (Cut.LOST, 5),
        ([1, 5], [1, Cut.OVERWRITTEN]),
        (FrozenItems("list", (1, 2), 9), FrozenItems("list", (1, 2), 9)),
        (FrozenItems("list", (1,), 9), FrozenItems("list", (1, 2), 9)),
    ],
)
def test_values_that_say_the_same_do_not_differ(before, after) -> None:
    assert find_divergence(before, after, "x") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FrozenItems("list", (1, 2), 9), FrozenItems("list", (1, 2), 10)),
        (FrozenDict((("a", 1),), 5), FrozenDict((("a", 1),), 6)),
        (FrozenText("abc", 900), FrozenText("abc", 901)),
    ],
)
def test_values_cut_off_alike_differ_by_their_sizes(before, after) -> None:
    divergence = find_divergence(before, after, "x")

    assert divergence is not None
    assert divergence.path == "x"


def test_nested_beyond_all_measure_is_compared_by_text() -> None:
    before, after = [1], [2]
    for _ in range(100):
        before, after = [before], [after]

    divergence = find_divergence(before, after, "x")

    assert divergence is not None
    assert divergence.path == "x" + "[0]" * 40
