"""Scalars and values of the standard library."""

from __future__ import annotations

import array
import datetime as dt
import ipaddress
import math
import pathlib
import re
import sys
import types
import uuid
import zoneinfo
from decimal import Decimal
from fractions import Fraction

import pytest

from callbox.values.exact import decode, encode
from callbox.values.refusal import RefusalError

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "value",
    [
        *(
            0,
            -1,
            2**63,
            2**64,
            -(2**63) - 1,
            1.5,
            -0.0,
            math.inf,
            5e-324,
            1e308,
            True,
            None,
            ...,
            NotImplemented,
        ),
        *("", "ü", "\ud800", "\x00", b"", b"\xff", 1j, complex(-0.0, math.inf), bytearray(b"x")),
        *(Decimal("1.10"), Decimal("-0"), Decimal("Infinity"), Fraction(-1, 3), uuid.UUID(int=5)),
        *(dt.date.min, dt.datetime.max, dt.time(23, 59, 59, 999999, fold=1), dt.timedelta.min, dt.timedelta(0, 1, 2)),
        *(dt.UTC, dt.timezone(dt.timedelta(minutes=-90)), dt.timezone(dt.timedelta(hours=1), "X"), BERLIN),
        *(dt.datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=BERLIN), dt.time(1, tzinfo=dt.UTC)),
        *(range(0), range(1, 10**30, 7), slice(None), slice(1, "a", [2])),
        *(pathlib.Path("/a/b"), pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("C:\\x"), pathlib.Path("\udcff")),
        *(ipaddress.ip_address("::1"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_interface("1.2.3.4/24")),
        *(re.compile("a(?P<x>b)", re.I | re.X), re.compile(b"a", re.A), re.compile("(?s).")),
    ],
)
def test_value_round_trips_with_type_and_representation(value) -> None:
    decoded = decode(encode(value))

    assert type(decoded) is type(value)
    assert (decoded, repr(decoded)) == (value, repr(value))


def test_huge_int_round_trips() -> None:
    assert decode(encode([10**5000, -(10**5000)])) == [10**5000, -(10**5000)]


def test_time_zone_keeps_its_identity() -> None:
    utc, berlin = decode(encode([dt.UTC, BERLIN]))

    assert utc is dt.UTC
    assert berlin is BERLIN


@pytest.mark.parametrize("is_readonly", [True, False])
def test_memory_view_keeps_format_shape_and_whether_it_may_be_written(is_readonly) -> None:
    data = bytes(range(24)) if is_readonly else bytearray(range(24))

    decoded = decode(encode(memoryview(data).cast("H", [3, 4])))

    assert (decoded.format, decoded.shape, decoded.readonly) == ("H", (3, 4), is_readonly)
    assert decoded.tobytes() == bytes(range(24))


@pytest.mark.parametrize(
    "value", [array.array("d", [1.5]), array.array("u" if sys.version_info < (3, 13) else "w", "ü"), array.array("b")]
)
def test_array_round_trips(value) -> None:
    decoded = decode(encode(value))

    assert (decoded, decoded.typecode) == (value, value.typecode)


def test_mapping_proxy_shows_its_mapping() -> None:
    mapping = {1: 2}

    proxy, decoded = decode(encode([types.MappingProxyType(mapping), mapping]))
    decoded[3] = 4

    assert proxy == {1: 2, 3: 4}


def test_released_memory_view_is_refused() -> None:
    view = memoryview(b"x")
    view.release()

    with pytest.raises(RefusalError, match="released"):
        encode(view)
