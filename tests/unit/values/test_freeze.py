"""Freezing a value from Python: bounded, and nothing of the value's own runs."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import pathlib
from decimal import Decimal

import numpy as np
import pytest
from tests.support import value_kinds as kinds

from callbox.values.describe import describe
from callbox.values.freeze import FreezeLimits, Freezer
from callbox.values.redact import Redactor
from callbox.values.thawed import Cut, FrozenText, Redacted, Reference


class Colour(enum.Enum):
    RED = 1


class Loud(list):
    n_calls = 0

    def _count(self, *_):
        Loud.n_calls += 1
        raise RuntimeError

    __len__ = __iter__ = __getitem__ = __repr__ = __eq__ = __getattribute__ = __bool__ = _count


def freezer(budget_s=10.0, **limits) -> Freezer:
    return Freezer(Redactor(), FreezeLimits(**limits), budget_s=budget_s)


def text_of(value, **limits) -> str:
    return describe(freezer(**limits).freeze(value), max_chars=200)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((None, "None"), (True, "True"), (1, "1"), (1.5, "1.5"), ("a", "'a'"), (b"a", "b'a'"), (1j, "1j")),
        *(([1, (2,)], "[1, (2,)]"), ({1: {2}}, "{1: {2}}"), (frozenset({1}), "frozenset({1})")),
        *((kinds.Point(1, [2]), "Point(x=1, y=[2])"), (Colour.RED, "Colour.RED"), (kinds.Pair(1, 2), "Pair(first=1")),
        (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "datetime.datetime(2020, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"),
        *((Decimal("1.10"), "Decimal('1.10')"), (pathlib.Path("a"), "PosixPath('a')"), (range(3), "range(0, 3)")),
        *((collections.OrderedDict(a=1), "OrderedDict({'a': 1})"), (kinds.MyInt(5), "MyInt(5)")),
        *((collections.deque([1]), "deque([1])"), (ValueError("x"), "ValueError('x')")),
        *((int, "int"), (len, "builtins.len"), (pathlib, "<module pathlib>"), (Colour, f"{__name__}.Colour")),
        *((np.arange(3), "ndarray(int64 3, [0, 1, 2])"), (np.float32(1.5), "1.5")),
        *((object(), "object()"), (1 << 5000, "<int of 5,001 bits>"), (iter([]), "<list_iterator>")),
    ],
)
def test_value_is_described_as_it_is(value, text) -> None:
    assert text_of(value).startswith(text)


def test_code_of_a_hostile_list_does_not_run() -> None:
    value = Loud([1, 2])
    Loud.n_calls = 0

    assert text_of(value) == "Loud([1, 2])"
    assert Loud.n_calls == 0


def test_limits_cut_and_count() -> None:
    assert text_of([[[[1]]]], max_depth=2) == "[[…]]"
    assert text_of(list(range(1000)), max_items=2) == "[0, 1, … 998 more]"
    assert freezer(max_chars=3).freeze("abcdef") == FrozenText("abc", 6)
    assert freezer(max_nodes=1).freeze([[1]]).items == (Cut.NODES,)


def test_parts_of_all_values_together_are_limited() -> None:
    one = freezer(max_all_nodes=3)

    frozen = [one.freeze([[1], [2]]), one.freeze([3])]

    assert describe(frozen[0]) == "[[1], [2]]"
    assert frozen[1] is Cut.NODES


def crowd(depth):
    return [crowd(depth - 1) for _ in range(10)] if depth else 7


def test_containers_of_a_value_and_of_all_values_are_limited_unless_told_otherwise() -> None:
    one = freezer(max_depth=10)

    n_kept = [describe(one.freeze(crowd(4)), max_chars=100_000).count("[") for _ in range(12)]

    assert n_kept[:2] == [120, 120]
    assert 800 < sum(n_kept) <= 1_000


def test_path_that_holds_a_secret_is_cleaned() -> None:
    assert "abcdef" not in text_of([pathlib.Path("/x?token=abcdef")])


def test_time_that_is_over_cuts() -> None:
    assert freezer(budget_s=-1.0).freeze([1]) is Cut.TIME


def test_cycle_is_a_reference() -> None:
    items: list = []
    items.append(items)

    assert freezer().freeze(items).items == (Reference(0),)


def test_secrets_are_replaced_by_name_and_by_shape() -> None:
    long = "https://user:" + "p" * 300 + "@host/"

    assert freezer().freeze_named("api_key", "x") == Redacted("key apikey")
    assert freezer().freeze_named("password", None) is None
    assert "ppp" not in text_of(long)
    assert "value" not in text_of({"k" * 300 + "_password": "value"})
    assert "value" not in text_of(kinds.Plain(password="value", nested=[{"token": "value"}]))
