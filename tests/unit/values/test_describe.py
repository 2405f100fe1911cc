from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbox.values.describe import describe
from callbox.values.frozen import (
    Cut,
    FrozenArray,
    FrozenDict,
    FrozenInt,
    FrozenItems,
    FrozenObject,
    FrozenText,
    Member,
    Named,
    Opaque,
    Redacted,
    Reference,
    Unbound,
    Written,
)

POINT = FrozenObject("app.Point", 1, (("y", 2), ("x", 1)), 2)
BAD = FrozenObject("ValueError", 1, (), 0, ("bad", 5), is_error=True)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, -5, 1.5, -0.0, float("inf"), 1j, "it's", "", "caf\udce9\n", b"\x00a", bytearray(b"ab")),
        *([], [1, [2]], (), (1,), (1, 2), {}, {"a": {1: None}}, {3, 1, 2}, set(), frozenset({"a"}), frozenset()),
    ],
    ids=repr,
)
def test_short_plain_value_reads_as_python_writes_it(value) -> None:
    assert describe(value) == repr(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (FrozenItems("list", (1, 2), 16), "[1, 2, … 14 more]"),
        (FrozenItems("tuple", (1,), 1), "(1,)"),
        (FrozenItems("set", ("b", "a"), 2), "{'a', 'b'}"),
        (FrozenItems("frozenset", (2, 1), 2), "frozenset({1, 2})"),
        (FrozenDict((("token", Redacted("token")),), 1), "{'token': [redacted: token]}"),
        (FrozenText("long text", 1000), "'long text'… (1,000 characters)"),
        (FrozenText(b"ab", 2000), "b'ab'… (2,000 bytes)"),
        (FrozenInt(True, 9001), "<negative int of 9,001 bits>"),
        (Opaque("db.Connection", 7), "<Connection>"),
        (Named("app.work"), "app.work"),
        (POINT, "Point(x=1, y=2)"),
        (BAD, "ValueError('bad', 5)"),
        (Member("app.C", "RED", 1), "C.RED"),
        (Written("decimal.Decimal", "1.50"), "Decimal('1.50')"),
        (Written("pathlib.PosixPath", Redacted("key token")), "PosixPath([redacted: key token])"),
        (
            FrozenArray("numpy.ndarray", 1, "int8", (2, 10), tuple(range(10))),
            "ndarray(int8 2x10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 10 more])",
        ),
        (FrozenArray("numpy.memmap", 1, "float64", (3,), ()), "memmap(float64 3)"),
        (FrozenObject("app.Tree", 1, (("x", 1),), 1, {"a": 1}), "Tree({'a': 1}, x=1)"),
        (FrozenObject("app.Job", 1, (("args", ("ls",)),), 1), "Job(args=('ls',))"),
        (FrozenObject("app.Wide", 1, (("a", 1),), 17), "Wide(a=1, …)"),
        ([Cut.DEPTH, Cut.BYTES, Cut.TIME], "[…, …, …]"),
        ([Cut.LOST, Cut.MISSED, Cut.OVERWRITTEN], "[<lost>, <lost>, <overwritten>]"),
        (Unbound.UNBOUND, "<unbound>"),
        (FrozenItems("tuple", (Reference(0),), 1), "(<cycle>,)"),
        (object(), "<object>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_frozen_value_reads_like_python(value, text) -> None:
    assert describe(value) == text


def test_cycle_is_named_where_it_closes() -> None:
    ring: list[object] = [1]
    ring.append(ring)

    assert describe(ring) == "[1, <cycle>]"


def test_value_met_twice_is_no_cycle() -> None:
    shared = [1]

    assert describe([shared, shared]) == "[[1], [1]]"


def test_what_has_no_room_is_counted() -> None:
    assert describe(list(range(100)), max_chars=30) == "[0, 1, 2, 3, 4, 5, … 94 more]"
    assert describe("x" * 1000, max_chars=30) == "'xxxxxxxx'… (1,000 characters)"
    assert describe({"a": 1, "b": [1] * 50}, max_chars=40) == "{'a': 1, 'b': [1, 1, 1, 1, … 46 more]}"
    assert describe([[1] * 30] * 9, max_chars=40) == "[[1, 1, 1, 1, 1, … 25 more], … 8 more]"


def test_exception_reads_as_it_could_be_raised() -> None:
    custom = FrozenObject("app.Denied", 1, (("code", 5),), 1, ("no",), is_error=True)

    assert describe(custom) == "Denied('no', code=5)"
    assert describe(FrozenObject("KeyError", 0, (), 0, FrozenItems("tuple", ("k",), 1), is_error=True)) == (
        "KeyError('k')"
    )
    assert describe(Opaque("app.Denied", 1)) == "<Denied>"


def test_text_does_not_depend_on_the_order_of_attributes() -> None:
    turned = FrozenObject("app.Point", 99, POINT.attributes[::-1], 2)

    assert describe(turned) == describe(POINT)


def test_no_code_of_a_value_runs() -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise AssertionError("repr ran")

        __str__ = __len__ = __iter__ = __eq__ = __hash__ = __repr__  # type: ignore[assignment]

    assert describe([Hostile()]) == "[<Hostile>]"


@given(value=plain, max_chars=st.integers(1, 200))
def test_text_of_any_value_is_one_line_within_its_limit(value, max_chars) -> None:
    text = describe(value, max_chars=max_chars)

    assert len(text) <= max_chars
    assert text.isprintable()
    assert text == describe(value, max_chars=max_chars)


def test_deep_nesting_ends_where_the_room_does() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    assert describe(deep, max_chars=20) == "[[[[… 1 more]]]]"
