"""The order of set elements."""

from __future__ import annotations

import pytest
from tests.support import value_kinds as kinds

from callbox.values.exact.order import sort_key


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *((1, 2), (1, 1.0), (1, True), ("a", b"a"), ((1,), (2,)), ((1,), [1]), (frozenset({1}), frozenset({2}))),
        *(
            (kinds.Colour.RED, kinds.Colour.GREEN),
            (kinds.Plain(a=1), kinds.Plain(a=2)),
            (kinds.MyInt(1), kinds.MyInt(2)),
        ),
        *((len, sum), (int, str), (kinds.Point([1]), kinds.Point([2])), ({"a": 1}, {"a": 2}), ({1}, {2})),
    ],
)
def test_different_values_have_different_keys(first, second) -> None:
    assert sort_key(first) != sort_key(second)


def test_equal_sets_have_one_key_whatever_their_order() -> None:
    names = [str(n) for n in range(40)]

    assert sort_key(frozenset(names)) == sort_key(frozenset(reversed(names)))
    assert sort_key(kinds.Plain(s=set(names))) == sort_key(kinds.Plain(s=set(dict.fromkeys(names[::-1]))))


def test_cycle_has_a_key() -> None:
    node = kinds.Plain(name="a")
    node.me = {node: [node]}

    assert sort_key(node)
