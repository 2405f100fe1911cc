"""Source of iterators and views."""

from __future__ import annotations

import re

import pytest

from callbox.values.exact import encode
from callbox.values.literals import literal


def begun(iterator):
    next(iterator)
    return iterator


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (begun(iter([1, 2])), "iter([2])"),
        (iter((1,)), "iter((1,))"),
        (reversed([1, 2]), "reversed([1, 2])"),
        (begun(iter(range(3))), "iter(range(1, 3))"),
        (iter(range(3)), "iter(range(3))"),
        (begun(iter({"a": 1, "b": 2})), 'iter(["b"])'),
        (iter({"a": 1, "b": 1}.values()), "iter([1, 1])"),
        (iter({"a": 1}.items()), 'iter([("a", 1)])'),
        (enumerate([1]), "enumerate(iter([1]))"),
        (enumerate([1], 2), "enumerate(iter([1]), 2)"),
        (zip([1], (2,), strict=True), "zip(iter([1]), iter((2,)), strict=True)"),
        (zip([1], strict=False), "zip(iter([1]))"),
        ({"a": 1}.items(), '{"a": 1}.items()'),
        ("abc".upper, '"abc".upper'),
        (dict.fromkeys, "dict.fromkeys"),
        (re.compile("a").match, 're.compile("a").match'),
    ],
)
def test_source_gives_the_same_again(value, source) -> None:
    written = literal(value, name="value")

    assert written.source == source
    assert encode(eval(source, {"re": re})) == encode(value)


def test_method_of_a_value_that_stands_elsewhere_too_is_its_own() -> None:
    items = [1]

    written = literal([items, items.append], name="value")

    assert (written.setup, written.source) == (("items = [1]",), "[items, items.append]")
