"""Frozen values: what a value was at the moment of an event, read back.

`docs/format.md` has the grammar. Reading executes nothing and imports nothing.
"""

from __future__ import annotations

import bisect
import enum
import struct
from typing import TYPE_CHECKING, Any

from callbox.errors import FormatError
from callbox.values.thawed import (
    Absent,
    Cut,
    FrozenArray,
    FrozenDict,
    FrozenInt,
    FrozenItems,
    FrozenNames,
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from callbox.model import ArenaCapture

__all__ = [
    "RECORD_KINDS",
    "VALUE_BITS",
    "VALUE_MASK",
    "Absent",
    "Arena",
    "Cut",
    "FrozenArray",
    "FrozenDict",
    "FrozenInt",
    "FrozenItems",
    "FrozenNames",
    "FrozenObject",
    "FrozenText",
    "Inline",
    "Member",
    "Named",
    "Opaque",
    "Redacted",
    "Reference",
    "Tag",
    "Unbound",
    "Written",
    "read_record",
]

_MAX_DEPTH = 32
VALUE_BITS = 48
VALUE_MASK = (1 << VALUE_BITS) - 1
_LENGTH_BYTES = 2
_SIGN = 1 << (VALUE_BITS - 1)


class Tag(enum.IntEnum):
    """The first byte of a frozen value. Source: `csrc/frozen.h`, which holds the same numbers."""

    NONE = 0
    FALSE = 1
    TRUE = 2
    INT = 3
    BIG_INT = 4
    FLOAT = 5
    COMPLEX = 6
    STR = 7
    BYTES = 8
    BYTEARRAY = 9
    LIST = 10
    TUPLE = 11
    SET = 12
    FROZENSET = 13
    DICT = 14
    REF = 15
    OBJECT = 16
    OPAQUE = 17
    CLASS = 18
    FUNCTION = 19
    CUT = 20
    REDACTED = 21
    INSTANCE = 22
    WRITTEN = 23
    MEMBER = 24
    ARRAY = 25
    ERROR = 26
    NAMED = 27


class Inline(enum.IntEnum):
    """What a value's payload carries itself. Source: `csrc/freeze.h`, `enum cb_value_kind`."""

    RECORD = 0
    NONE = 1
    FALSE = 2
    TRUE = 3
    INT = 4
    UNBOUND = 5
    MISSED = 6
    LOCALS = 7
    EFFECT = 8
    FLOAT = 9
    EMPTY_TUPLE = 10
    EMPTY_LIST = 11
    EMPTY_DICT = 12
    KEYWORDS = 13
    STR = 16
    """And the number of its characters."""


# As plain ints: an enum's members are slow to get, and this is asked of every value.
RECORD_KINDS = frozenset(map(int, (Inline.RECORD, Inline.LOCALS, Inline.EFFECT, Inline.KEYWORDS)))
"""Payloads that tell where a record lies."""
_INT = int(Inline.INT)
_MAX_INLINE_STR = 6


class _RecordEndError(Exception):
    """The record was cut here."""


class _Record:
    """One record's bytes, read from the front."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0
        self._depth = 0

    def _take(self, n: int) -> memoryview:
        end = self._at + n
        if end > len(self._data):
            self._at = len(self._data)
            raise _RecordEndError
        taken, self._at = self._data[self._at : end], end
        return taken

    def _byte(self) -> int:
        try:
            byte = self._data[self._at]
        except IndexError:
            raise _RecordEndError from None
        self._at += 1
        return byte

    def _varint(self) -> int:
        byte = self._byte()
        value = byte & 0x7F
        shift = 7
        while byte >= 0x80:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift > 70:
                raise FormatError("a frozen value holds a number of more than 64 bits: the values are damaged")
        return value

    def _text(self) -> str:
        self._varint()
        return str(self._take(self._varint()), "utf-8", "surrogatepass")

    def _type_name(self) -> str:
        module, qualified_name = self._text(), self._text()
        return qualified_name if module in ("", "builtins") else f"{module}.{qualified_name}"

    def value(self) -> Any:
        """Read one value; what a limit cut off is a `Cut`."""
        if self._depth > _MAX_DEPTH:
            raise FormatError(f"a frozen value is nested deeper than {_MAX_DEPTH}: the values are damaged")
        self._depth += 1
        try:
            return self._read(self._byte())
        except _RecordEndError:
            return Cut.BYTES
        except UnicodeDecodeError as error:
            raise FormatError(f"a frozen text is no UTF-8 ({error.reason}): the values are damaged") from error
        finally:
            self._depth -= 1

    def _read(self, tag: int) -> Any:
        try:
            return _READERS[tag](self)
        except (KeyError, ValueError) as error:
            if isinstance(error, UnicodeDecodeError):
                raise
            raise FormatError(f"a frozen value begins with the unknown byte {tag}: the values are damaged") from None

    def _int(self) -> int:
        raw = self._varint()
        return (raw >> 1) ^ -(raw & 1)

    def _big_int(self) -> Any:
        is_negative, n_bits = bool(self._byte()), self._varint()
        stored = bytes(self._take(self._varint()))
        return int.from_bytes(stored, "little", signed=True) if stored else FrozenInt(is_negative, n_bits)

    def _float(self) -> float:
        (number,) = struct.unpack("<d", self._take(8))
        return float(number)

    def _str(self) -> Any:
        length = self._varint()
        text = str(self._take(self._varint()), "utf-8", "surrogatepass")
        return text if len(text) == length else FrozenText(text, length)

    def _bytes(self, kind: type[bytes] | type[bytearray]) -> Any:
        length = self._varint()
        data = kind(self._take(self._varint()))
        return data if len(data) == length else FrozenText(data, length)

    def _items(self, kind: str) -> FrozenItems:
        n_items, n_shown = self._varint(), self._varint()
        return FrozenItems(kind, tuple(self._some(n_shown)), n_items)

    def _some(self, n: int) -> list[Any]:
        return self._some_of(n, self.value)

    def _some_of(self, n: int, read: Callable[[], Any]) -> list[Any]:
        values: list[Any] = []
        while len(values) < n and self._at < len(self._data):
            values.append(read())
        return values

    def _dict(self) -> FrozenDict:
        n_items, n_shown = self._varint(), self._varint()
        flat = self._some(2 * n_shown)
        flat += [Cut.BYTES] * (len(flat) % 2)
        return FrozenDict(tuple(zip(flat[::2], flat[1::2], strict=True)), n_items)

    def _object(self) -> FrozenObject:
        type_name, identity = self._type_name(), self._varint()
        attributes, n_attributes = self._named()
        return FrozenObject(type_name, identity, attributes, n_attributes)

    def _instance(self, *, is_error: bool = False) -> FrozenObject:
        type_name, identity, content = self._type_name(), self._varint(), self.value()
        try:
            attributes, n_attributes = self._named()
        except _RecordEndError:
            attributes, n_attributes = (), 1
        return FrozenObject(type_name, identity, attributes, n_attributes, content, is_error)

    def _named(self) -> tuple[tuple[tuple[str, Any], ...], int]:
        n_all, n_shown = self._varint(), self._varint()
        named: list[tuple[str, Any]] = []
        while len(named) < n_shown and self._at < len(self._data):
            try:
                name = self._text()
            except _RecordEndError:
                break
            named.append((name, self.value()))
        return tuple(named), n_all

    def _array(self) -> FrozenArray:
        type_name, identity, dtype = self._type_name(), self._varint(), self._text()
        shape = tuple(self._some_of(self._varint(), self._varint))
        return FrozenArray(type_name, identity, dtype, shape, tuple(self._some(self._varint())))

    def _opaque(self) -> Opaque:
        return Opaque(self._type_name(), self._varint())


_READERS: dict[int, Any] = {
    Tag.NONE: lambda _: None,
    Tag.FALSE: lambda _: False,
    Tag.TRUE: lambda _: True,
    Tag.INT: _Record._int,
    Tag.BIG_INT: _Record._big_int,
    Tag.FLOAT: _Record._float,
    Tag.COMPLEX: lambda r: complex(r._float(), r._float()),
    Tag.STR: _Record._str,
    Tag.BYTES: lambda r: r._bytes(bytes),
    Tag.BYTEARRAY: lambda r: r._bytes(bytearray),
    Tag.LIST: lambda r: r._items("list"),
    Tag.TUPLE: lambda r: r._items("tuple"),
    Tag.SET: lambda r: r._items("set"),
    Tag.FROZENSET: lambda r: r._items("frozenset"),
    Tag.DICT: _Record._dict,
    Tag.REF: lambda r: Reference(r._varint()),
    Tag.OBJECT: _Record._object,
    Tag.OPAQUE: _Record._opaque,
    Tag.CLASS: lambda r: Named(r._type_name()),
    Tag.FUNCTION: lambda r: Named(r._type_name()),
    Tag.CUT: lambda r: Cut(r._byte()),
    Tag.REDACTED: lambda r: Redacted(r._text()),
    Tag.INSTANCE: _Record._instance,
    Tag.WRITTEN: lambda r: Written(r._type_name(), r.value()),
    Tag.MEMBER: lambda r: Member(r._type_name(), r._text(), r.value()),
    Tag.ARRAY: _Record._array,
    Tag.ERROR: lambda r: r._instance(is_error=True),
    Tag.NAMED: lambda r: FrozenNames(*r._named()),
}


def read_record(data: memoryview | bytes) -> Any:
    """Read one frozen value.

    Raises:
        FormatError: the bytes are no frozen value.
    """
    return _Record(memoryview(data)).value()


class Arena:
    """The frozen values of a thread."""

    def __init__(self, capture: ArenaCapture) -> None:
        self._head = capture.head
        self._capacity = capture.capacity
        self._starts = [position for position, _ in capture.pieces]
        self._pieces = [memoryview(piece) for _, piece in capture.pieces]

    def thaw(self, payload: int) -> Any:
        """Return the value of a payload, as the VALUE prefix of an event carries it.

        Raises:
            FormatError: the record is damaged.
        """
        found = self.find(payload)
        return read_record(found) if isinstance(found, memoryview) else found

    def find(self, payload: int) -> Any:
        """Return the value that a payload carries itself, or the bytes of its record as a memoryview.

        Raises:
            FormatError: it is of no known kind.
        """
        kind, rest = payload >> VALUE_BITS, payload & VALUE_MASK
        if kind in RECORD_KINDS:
            return self.record(rest)
        if kind == _INT:
            return rest - (rest & _SIGN) * 2
        if kind in _MADE:
            return _MADE[kind](rest)
        try:
            return _INLINE[kind]
        except KeyError:
            raise FormatError(f"a value is of the unknown kind {kind}: the values are damaged") from None

    def record(self, offset: int) -> memoryview | Cut:
        """Return the bytes of the record at an offset, or why they are not there."""
        if self._head - offset > self._capacity:
            return Cut.OVERWRITTEN
        if offset >= self._head:
            return Cut.LOST
        position = offset % self._capacity
        index = bisect.bisect_right(self._starts, position) - 1
        if index < 0:
            return Cut.LOST
        rest = self._pieces[index][position - self._starts[index] :]
        size = int.from_bytes(rest[:_LENGTH_BYTES], "little")
        whole = _LENGTH_BYTES + size
        return rest[_LENGTH_BYTES:whole] if _LENGTH_BYTES < whole <= len(rest) else Cut.LOST


def _read_float(rest: int) -> float:
    (number,) = struct.unpack("<d", (rest << 16).to_bytes(8, "little"))
    return float(number)


def _str_reader(length: int) -> Callable[[int], str]:
    def read(rest: int) -> str:
        try:
            return (rest & (1 << 8 * length) - 1).to_bytes(length, "little").decode("ascii")
        except UnicodeDecodeError:
            raise FormatError("a short text is not ASCII: the values are damaged") from None

    return read


_MADE: dict[int, Callable[[int], Any]] = {
    Inline.FLOAT: _read_float,
    Inline.EMPTY_LIST: lambda _: [],
    Inline.EMPTY_DICT: lambda _: {},
    **{Inline.STR + length: _str_reader(length) for length in range(_MAX_INLINE_STR + 1)},
}
"""What is made anew each time: whoever asks may change it."""

_INLINE: dict[int, Any] = {
    Inline.NONE: None,
    Inline.FALSE: False,
    Inline.TRUE: True,
    Inline.UNBOUND: Unbound.UNBOUND,
    Inline.MISSED: Cut.MISSED,
    Inline.EMPTY_TUPLE: (),
}
