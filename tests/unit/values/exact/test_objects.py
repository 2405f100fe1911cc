"""Instances of unknown classes, enumerations and pickles."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from tests.support import value_kinds as kinds

from callbox.errors import FormatError
from callbox.values.exact import decode, encode
from callbox.values.refusal import RefusalError


def test_object_keeps_its_dictionary_in_order() -> None:
    decoded = decode(encode(kinds.Plain(b=1, a=[2])))

    assert type(decoded) is kinds.Plain
    assert list(vars(decoded).items()) == [("b", 1), ("a", [2])]


def test_object_keeps_slots_of_all_its_classes_and_leaves_unset_ones_unset() -> None:
    value = kinds.SlottedBelow()
    value.left, value.extra, value.free = 1, 2, 3

    decoded = decode(encode(value))

    assert (decoded.left, decoded.extra, decoded.free) == (1, 2, 3)
    assert not hasattr(decoded, "right")


@pytest.mark.parametrize("cls", [kinds.Point, kinds.FrozenPoint, kinds.SlottedPoint])
def test_dataclass_round_trips(cls) -> None:
    decoded = decode(encode(cls(1, [2])))

    assert decoded == cls(1, [2])
    assert dataclasses.asdict(decoded) == {"x": 1, "y": [2]}


def test_named_tuple_round_trips_with_its_class() -> None:
    decoded = decode(encode([kinds.Pair(1, 2), kinds.Named("n")]))

    assert decoded == [(1, 2), ("n", None)]
    assert decoded[0].first == 1
    assert type(decoded[1]) is kinds.Named


@pytest.mark.parametrize("value", [*kinds.Colour, *kinds.Level, *kinds.Access])
def test_enum_member_is_itself_again(value) -> None:
    assert decode(encode(value)) is value


@pytest.mark.parametrize("value", [kinds.Access.READ | kinds.Access.RUN, kinds.Access(0)])
def test_combined_flags_are_themselves_again(value) -> None:
    assert decode(encode(value)) is value


def test_enum_member_that_is_gone_is_a_format_error() -> None:
    data = encode(kinds.Colour.RED).replace(b"RED", b"RAD")

    with pytest.raises(FormatError):
        decode(data)


class Money(Decimal):
    pass


class Moment(dt.datetime):
    pass


class Span(dt.timedelta):
    pass


class Phase(complex):
    pass


@pytest.mark.parametrize(
    "value",
    [
        *(kinds.MyInt(2**80), kinds.MyStr("\ud800"), Money("1.10"), Phase(1, -2), Span(1, 2, 3)),
        Moment(2020, 1, 2, 3, tzinfo=dt.UTC, fold=1),
    ],
)
def test_subclass_of_an_immutable_built_in_round_trips(value) -> None:
    value.note = [1]

    decoded = decode(encode(value))

    assert (type(decoded), decoded, decoded.note) == (type(value), value, [1])


def test_bare_objects_keep_their_identity() -> None:
    sentinel = object()

    first, second, third = decode(encode([sentinel, sentinel, object()]))

    assert type(first) is object
    assert first is second
    assert first is not third


class Connection:
    def __reduce__(self):
        return Connection, ()

    def __getstate__(self):
        raise AssertionError("ran")

    __slots__ = ()


def test_reduce_and_getstate_are_not_asked() -> None:
    assert type(decode(encode(Connection()))) is Connection


class Pickled(list):
    def __reduce_ex__(self, protocol):
        return Pickled, (["pickled"],)


NAME = f"pickle:{__name__}.Pickled"


def test_pickle_is_used_only_where_named() -> None:
    data = encode(Pickled(["plain"]), allow=[NAME])

    with pytest.raises(FormatError, match="a pickle can run any code"):
        decode(data)
    assert decode(data, allow=[NAME]) == ["pickled"]
    assert decode(encode(Pickled(["plain"]))) == ["plain"]


def test_pickle_that_fails_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(Pickled, "__reduce_ex__", lambda *_: 1 / 0)

    with pytest.raises(RefusalError, match="division by zero"):
        encode(Pickled(), allow=[NAME])
