"""How a test asserts what was recorded."""

from __future__ import annotations

import copy
import datetime as dt
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from callbox.testgen.equality import Check, check_for, check_for_change, keeps_identity
from callbox.values.exact import decode, encode


@dataclass
class Point:
    x: int


class Order:
    def __init__(self, n: object) -> None:
        self.n = n


class Slotted:
    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 1


def written(text: str) -> io.StringIO:
    stream = io.StringIO()
    stream.write(text)
    return stream


@pytest.mark.parametrize(
    ("value", "template"),
    [
        (None, "assert «actual» is «expected»"),
        (True, "assert «actual» is «expected»"),
        (3, "assert «actual» == «expected»"),
        (float("nan"), "assert math.isnan(«actual»)"),
        ([Point(1)], "assert «actual» == «expected»"),
        (Order(1), "assert vars(«actual») == «expected»"),
        ([Order(1)], "assert [vars(item) for item in «actual»] == «expected»"),
        (Order(Order(1)), "assert as_data(«actual») == «expected»"),
        (Slotted(), "assert as_data(«actual») == «expected»"),
        (iter([1]), "assert list(«actual») == «expected»"),
        (iter([Slotted()]), "assert as_data(list(«actual»)) == «expected»"),
        (io.StringIO("a"), "assert «actual».read() == «expected»"),
        (written("a"), "assert «actual».getvalue() == «expected»"),
        ([written("a")], "assert as_data(«actual») == «expected»"),
        (np.arange(3), "np.testing.assert_array_equal(«actual», «expected», strict=True)"),
    ],
)
def test_values_are_compared_by_what_they_hold(value, template) -> None:
    check = check_for(value, copy.deepcopy(value))

    assert check is not None
    assert check.template == template


def test_stream_that_is_closed_holds_nothing_any_more() -> None:
    stream = io.BytesIO(b"a")
    stream.close()

    assert check_for(stream, stream) == Check("assert «actual».closed")


def test_argument_that_was_read_from_has_moved() -> None:
    before, after = io.StringIO("ab"), io.StringIO("ab")
    after.seek(2)

    assert check_for_change(before, after, after) == Check("assert «actual».tell() == «expected»", 2)
    assert check_for_change(io.StringIO("a"), after, after) == Check("assert «actual».getvalue() == «expected»", "ab")
    assert check_for_change([1], [2], [2]) == Check("assert «actual» == «expected»", [2])


def test_object_that_holds_nothing_cannot_be_compared() -> None:
    assert check_for(object(), object()) is None


class Pair(NamedTuple):
    n: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((value, True) for value in ([], {}, set(), bytearray(), Point(1), Order(1), io.StringIO(), np.arange(2))),
        *((value, False) for value in (None, 1, "a", (), Pair(1), range(2), Path("a"), re.compile("a"), dt.date.min)),
        *((value, False) for value in (Fraction(1, 2), Decimal(1), dt.UTC, int, len)),
    ],
)
def test_identity_is_asserted_of_what_keeps_it(value, expected) -> None:
    again = copy.copy(value) if value is not len else len
    one, other = decode(encode([value, again], allow=("*",)), allow=("*",))

    assert keeps_identity(value) is expected
    assert one is not other or not expected


def test_floats_may_be_close() -> None:
    check = check_for([0.1, 2], [0.1, 2], is_close=True)

    assert check is not None
    assert check.template == "assert «actual» == pytest.approx(«expected»)"
