"""The bytes of an encoded value: header, tags and limits, as `docs/values.md` describes them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import msgspec

from callbox.errors import FormatError

MAGIC = b"\x89CBV"
VERSION = 1
_CHECKSUM_AT = len(MAGIC) + 1
HEADER_BYTES = _CHECKSUM_AT + 4

pack = msgspec.msgpack.Encoder().encode
Ext = msgspec.msgpack.Ext
Raw = msgspec.Raw

Ref = tuple[int]
"""`(n,)`: value n of the steps; `(-1 - k,)`: shell k."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a value may be.

    Attributes:
        max_steps: containers, objects and other values that are no plain atoms.
        max_bytes: bytes of the encoded value; MessagePack itself ends at 4 GiB for one string or array.
    """

    max_steps: int = 20_000_000
    max_bytes: int = 4 << 30


def seal(body: bytes) -> bytes:
    """Put the header before a body."""
    return b"".join((MAGIC, bytes([VERSION]), zlib.crc32(body).to_bytes(4, "little"), body))


def unseal(data: bytes | bytearray | memoryview) -> memoryview:
    """Check the header and return the body.

    Raises:
        FormatError: these are no encoded value, of an unknown version, or damaged.
    """
    view = memoryview(data).cast("B")
    if bytes(view[: len(MAGIC)]) != MAGIC:
        raise FormatError(f"not an encoded value: it begins with {bytes(view[:8])!r}")
    if len(view) < HEADER_BYTES:
        raise FormatError(f"encoded value is truncated: {len(view)} bytes")
    if view[len(MAGIC)] != VERSION:
        raise FormatError(
            f"encoded value has version {view[len(MAGIC)]}, this callbox reads {VERSION}: use the callbox that wrote it"
        )
    body = view[HEADER_BYTES:]
    if zlib.crc32(body) != int.from_bytes(view[_CHECKSUM_AT:HEADER_BYTES], "little"):
        raise FormatError("encoded value is damaged: its checksum does not match; restore it or record it again")
    return body


class FillTag:
    """Steps that complete a shell."""

    ITEMS = 1
    STATE = 2
    FIELDS = 3
    LAST = FIELDS


class Tag:
    """Shells and values; the first element of each."""

    LIST, DICT, SET, DEQUE, ORDERED_DICT, DEFAULT_DICT, OBJECT, EXCEPTION = range(16, 24)
    TUPLE, FROZENSET, DERIVED, CLASS, FUNCTION, MODULE, METHOD, PARTIAL, ENUM, FLAG, GROUP, PICKLE = range(32, 44)
    CONSTANT, ALIAS = 44, 45
    RANGE, SLICE, FRACTION, PATH, IP, PATTERN, BYTEARRAY, MEMORYVIEW, ARRAY, PROXY = range(48, 58)
    ITERATOR, RANGE_ITERATOR, ENUMERATE, ZIP, VIEW, STREAM = range(58, 64)
    FIXED_ZONE, NAMED_ZONE, ZONED_TIME, ZONED_DATETIME = range(64, 68)
    LOCK = 68
    DTYPE, NDARRAY, SCALAR, TEXT_SCALAR = range(80, 84)
    FRAME, SERIES, INDEX, RANGE_INDEX, MULTI_INDEX, COLUMN, TIMESTAMP, PANDAS_TIMEDELTA, PANDAS_CONSTANT = range(
        96, 105
    )
    ARROW = 112
    SPARSE = 120


class Code:
    """MessagePack extension types: scalars that need no step of their own."""

    INT, TEXT, COMPLEX, DECIMAL, DATE, TIME, DATETIME, TIMEDELTA, UUID, CONSTANT = range(1, 11)
