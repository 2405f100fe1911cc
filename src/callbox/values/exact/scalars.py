"""Scalars that stand inside a row: plain atoms, and MessagePack extensions for those it has no word for."""

from __future__ import annotations

import datetime as dt
import math
import operator
import struct
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from callbox.errors import FormatError
from callbox.values.exact.wire import Code, Ext
from callbox.values.statics import identity

ATOMS = frozenset({type(None), bool, int, float, str, bytes})
ATOM_IDS = frozenset(map(identity, ATOMS))
FLOAT_ID = identity(float)

NAN = math.nan
"""The one NaN that is ever written: payload and sign of a NaN say nothing."""

_INT_MIN, _INT_MAX = -(1 << 63), (1 << 64) - 1
_CONSTANTS = {0: Ellipsis, 1: NotImplemented}

_COMPLEX = struct.Struct("<dd")
_DATE = struct.Struct("<HBB")
_TIME = struct.Struct("<BBBIB")
_DATETIME = struct.Struct("<HBBBBBIB")
_TIMEDELTA = struct.Struct("<iII")


def are_plain_atoms(values: Sequence[Any]) -> bool:
    """Say whether all values may be written as they are: atoms and no NaN."""
    ids = set(map(identity, map(type, values)))
    if not ids <= ATOM_IDS:
        return False
    return FLOAT_ID not in ids or not any(map(operator.ne, values, values))


def quick_atom(value: Any) -> Any:
    """Return an atom as it is written, in the hope that its int fits and its text encodes."""
    return value if type(value) is not float or value == value else NAN  # noqa: PLR0124


def careful_atom(value: Any) -> Any:
    """Return an atom as it is written, whatever it is."""
    if type(value) is int and not _INT_MIN <= value <= _INT_MAX:
        return Ext(Code.INT, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    if type(value) is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            return Ext(Code.TEXT, value.encode("utf-8", "surrogatepass"))
    return quick_atom(value)


def _pack_complex(value: complex) -> Any:
    return Ext(Code.COMPLEX, _COMPLEX.pack(quick_atom(value.real), quick_atom(value.imag)))


def _pack_time(value: dt.time) -> Any:
    if value.tzinfo is not None:
        return None
    return Ext(Code.TIME, _TIME.pack(value.hour, value.minute, value.second, value.microsecond, value.fold))


def _pack_datetime(value: dt.datetime) -> Any:
    if value.tzinfo is not None:
        return None
    day = value.year, value.month, value.day
    time = value.hour, value.minute, value.second, value.microsecond, value.fold
    return Ext(Code.DATETIME, _DATETIME.pack(*day, *time))


SCALAR_PACKERS: dict[int, Callable[[Any], Any]] = {
    identity(complex): _pack_complex,
    identity(Decimal): lambda value: Ext(Code.DECIMAL, str(value).encode()),
    identity(dt.date): lambda value: Ext(Code.DATE, _DATE.pack(value.year, value.month, value.day)),
    identity(dt.time): _pack_time,
    identity(dt.datetime): _pack_datetime,
    identity(dt.timedelta): lambda v: Ext(Code.TIMEDELTA, _TIMEDELTA.pack(v.days, v.seconds, v.microseconds)),
    identity(uuid.UUID): lambda value: Ext(Code.UUID, value.bytes),
    identity(type(Ellipsis)): lambda _: Ext(Code.CONSTANT, b"\0"),
    identity(type(NotImplemented)): lambda _: Ext(Code.CONSTANT, b"\1"),
}


def pack_scalar(value: Any) -> Any:
    """Return a scalar as an extension; None if it is no scalar, or one with a time zone."""
    packer = SCALAR_PACKERS.get(identity(type(value)))
    return None if packer is None else packer(value)


def _build_time(data: memoryview) -> dt.time:
    *fields, fold = _TIME.unpack(data)
    return dt.time(*fields, fold=fold)


def _build_datetime(data: memoryview) -> dt.datetime:
    *fields, fold = _DATETIME.unpack(data)
    return dt.datetime(*fields, fold=fold)


_BUILDERS: dict[int, Callable[[memoryview], Any]] = {
    Code.INT: lambda data: int.from_bytes(data, "big", signed=True),
    Code.TEXT: lambda data: str(data, "utf-8", "surrogatepass"),
    Code.COMPLEX: lambda data: complex(*_COMPLEX.unpack(data)),
    Code.DECIMAL: lambda data: Decimal(str(data, "ascii")),
    Code.DATE: lambda data: dt.date(*_DATE.unpack(data)),
    Code.TIME: _build_time,
    Code.DATETIME: _build_datetime,
    Code.TIMEDELTA: lambda data: dt.timedelta(*_TIMEDELTA.unpack(data)),
    Code.UUID: lambda data: uuid.UUID(bytes=bytes(data)),
    Code.CONSTANT: lambda data: _CONSTANTS[data[0]],
}

SCALARS = ATOMS | {complex, Decimal, dt.date, dt.time, dt.datetime, dt.timedelta, uuid.UUID}
SCALARS |= {type(Ellipsis), type(NotImplemented)}
"""Every type that can stand inside a row; hashing them runs nobody's code."""


def build_scalar(code: int, data: memoryview) -> Any:
    """Make the scalar of an extension.

    Raises:
        FormatError: the extension is unknown.
    """
    builder = _BUILDERS.get(code)
    if builder is None:
        raise FormatError(f"encoded value has an unknown extension {code}")
    return builder(data)
