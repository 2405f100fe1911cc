from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbox.errors import FormatError
from callbox.model import ArenaCapture
from callbox.values.frozen import (
    Arena,
    Cut,
    FrozenDict,
    FrozenInt,
    FrozenItems,
    FrozenObject,
    FrozenText,
    Named,
    Opaque,
    Redacted,
    Reference,
    Unbound,
    read_record,
)

RECORD, NONE, FALSE, TRUE, INT, UNBOUND, MISSED = (kind << 48 for kind in range(7))


def text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return bytes([len(value), len(data)]) + data


@pytest.mark.parametrize(
    ("record", "value"),
    [
        (b"\x00", None),
        (b"\x01", False),
        (b"\x02", True),
        (b"\x03\x09", -5),
        (b"\x03" + b"\xff" * 9 + b"\x01", -(1 << 63)),
        (b"\x04\x00\x48\x0a" + (1 << 71).to_bytes(10, "little"), 1 << 71),
        (b"\x04\x01\xe5\x07\x00", FrozenInt(True, 997)),
        (b"\x05" + struct.pack("<d", -0.0), -0.0),
        (b"\x06" + struct.pack("<dd", 1, 2), 1 + 2j),
        (b"\x07" + text("caf\u00e9 \udce9"), "caf\u00e9 \udce9"),
        (b"\x07\xe8\x07\x02ab", FrozenText("ab", 1000)),
        (b"\x08\x02\x02ab", b"ab"),
        (b"\x09\x02\x02ab", bytearray(b"ab")),
        (b"\x0a\x10\x01\x00", FrozenItems("list", (None,), 16)),
        (b"\x0b\x01\x01\x0c\x00\x00", FrozenItems("tuple", (FrozenItems("set", (), 0),), 1)),
        (b"\x0d\x00\x00", FrozenItems("frozenset", (), 0)),
        (b"\x0e\x01\x01" + b"\x07" + text("k") + b"\x0f\x00", FrozenDict((("k", Reference(0)),), 1)),
        (
            b"\x10" + text("app") + text("P") + b"\x07\x01\x01" + text("x") + b"\x02",
            FrozenObject("app.P", 7, (("x", True),), 1),
        ),
        (b"\x11" + text("builtins") + text("map") + b"\x07", Opaque("map", 7)),
        (b"\x12" + text("app") + text("P"), Named("app.P")),
        (b"\x13" + text("") + text("f"), Named("f")),
        (b"\x14\x01", Cut.DEPTH),
        (b"\x15" + text("token"), Redacted("token")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_value_of_every_kind_is_read(record, value) -> None:
    found = read_record(record)

    assert found == value
    assert repr(found) == repr(value)


def test_what_a_record_ended_before_is_cut() -> None:
    assert read_record(b"\x0a\x03\x03\x00\x07\x09\x09abc") == FrozenItems("list", (None, Cut.BYTES), 3)
    assert read_record(b"\x0e\x02\x02\x00\x01\x00") == FrozenDict(((None, False), (None, Cut.BYTES)), 2)
    assert read_record(b"") is Cut.BYTES


@pytest.mark.parametrize(
    "record",
    [b"\x63", b"\x14\x09", b"\x07\x01\x01\xff", b"\x03" + b"\xff" * 11, b"\x0a\x01\x01" * 40],
    ids=["tag", "cut", "utf-8", "number", "depth"],
)
def test_damaged_record_is_a_format_error(record) -> None:
    with pytest.raises(FormatError, match="damaged"):
        read_record(record)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_format_error(record) -> None:
    try:
        read_record(record)
    except FormatError as error:
        assert "damaged" in str(error)


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (NONE, None),
        (FALSE, False),
        (TRUE, True),
        (INT | 5, 5),
        (INT | (1 << 48) - 5, -5),
        (INT | 1 << 47, -(1 << 47)),
        (INT | (1 << 47) - 1, (1 << 47) - 1),
        (UNBOUND, Unbound.UNBOUND),
        (MISSED, Cut.MISSED),
    ],
)
def test_small_value_stands_in_its_slot(payload, value) -> None:
    assert Arena(ArenaCapture()).thaw(payload) is value or Arena(ArenaCapture()).thaw(payload) == value


def test_payload_of_an_unknown_kind_is_a_format_error() -> None:
    with pytest.raises(FormatError, match="unknown kind 99"):
        Arena(ArenaCapture()).thaw(99 << 48)


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (9 << 48 | 0x3FF800000000, 1.5),
        (9 << 48 | 0x800000000000, -0.0),
        *((10 << 48, ()), (11 << 48, []), (12 << 48, {}), (16 << 48, ""), (19 << 48 | 0x636261, "abc")),
    ],
)
def test_short_value_lies_in_its_slot(payload, value) -> None:
    thawed = Arena(ArenaCapture()).thaw(payload)

    assert (type(thawed), repr(thawed)) == (type(value), repr(value))


def test_short_text_that_is_not_ascii_is_damage() -> None:
    with pytest.raises(FormatError, match="not ASCII"):
        Arena(ArenaCapture()).thaw(17 << 48 | 0xFF)


def test_arena_gives_the_newest_records_by_offset() -> None:
    data = bytearray(16)
    data[4:8] = b"\x02\x00\x03\x0e"
    arena = Arena(ArenaCapture(head=24, capacity=16, pieces=((0, bytes(data)),)))

    assert arena.thaw(RECORD | 20) == 7
    assert arena.thaw(RECORD | 4) is Cut.OVERWRITTEN
    assert arena.thaw(RECORD | 24) is Cut.LOST


@pytest.mark.parametrize(
    "pieces", [(), ((0, b"\x02\x00"),), ((0, b"\x02\x00\x03"), (5, b"\x0e")), ((2, b"\x03\x0e"),), ((0, bytes(4)),)]
)
def test_record_of_which_a_part_is_missing_is_lost(pieces) -> None:
    assert Arena(ArenaCapture(head=8, capacity=16, pieces=pieces)).thaw(RECORD) is Cut.LOST


@given(st.integers(0, (1 << 56) - 1), st.integers(-5, 1 << 50), st.integers(-5, 1 << 50), st.binary(max_size=50))
def test_any_payload_is_a_value_or_a_format_error(payload, head, capacity, data) -> None:
    try:
        Arena(ArenaCapture(head, capacity, ((0, data),))).thaw(payload)
    except FormatError as error:
        assert "damaged" in str(error)
