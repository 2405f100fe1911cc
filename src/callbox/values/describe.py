"""Values as a person reads them: one short line that looks like Python.

The text depends on the value alone: no addresses, no order that a hash or an
interpreter chose. No code of a value runs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from callbox.values.frozen import (
    Absent,
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
from callbox.values.statics import type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ELLIPSIS = "…"
_CYCLE = "<cycle>"
_MAX_DIGITS_BITS = 1 << 12
_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}"), "frozenset": ("frozenset({", "})")}
_EMPTY = {"set": "set()", "frozenset": "frozenset()"}
_CUTS = {Cut.OVERWRITTEN: "<overwritten>", Cut.MISSED: "<lost>", Cut.LOST: "<lost>", Cut.SPARED: "<not kept>"}


def describe(value: Any, *, max_chars: int = 80) -> str:
    """Write a value, frozen or plain, on one line.

    What there is no room for is counted in its place: `[1, 2, … 14 more]`,
    `'long text'… (1,000 characters)`.

    Args:
        value: what a recording gives, or plain Python values; of anything else only the type is named.
        max_chars: how long the text may be.
    """
    return _clip(_Describer().text(value, max_chars), max_chars)


def _clip(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else text[: max(0, max_chars - 1)] + _ELLIPSIS


class _Describer:
    """Writes one value; knows which containers it is inside of."""

    def __init__(self) -> None:
        self._open: list[Any] = []

    def text(self, value: Any, room: int) -> str:
        """Write a value in about `room` characters."""
        writer = _WRITERS.get(type(value))
        if writer is None:
            return f"<{_short(type_name(type(value)))}>"
        if type(value) not in _CONTAINERS:
            return writer(self, value, room)
        if any(value is opened for opened in self._open):
            return _CYCLE
        if room < len(_BRACKETS["list"]):
            return _ELLIPSIS
        self._open.append(value)
        try:
            return writer(self, value, room)
        finally:
            self._open.pop()

    def raised(self, value: FrozenObject, room: int) -> str:
        """Write an exception: its arguments, then what else it holds."""
        args = value.content
        if not _is_tuple(args):
            return self.instance(value, room)
        positional = args.items if isinstance(args, FrozenItems) else args
        writers = [self._writer(item) for item in positional]
        writers += self._attributes(value.attributes)
        n_all = len(writers) + (args.n_items - len(positional) if isinstance(args, FrozenItems) else 0)
        return _join(f"{_short(value.type_name)}(", ")", writers, n_all, room)

    def instance(self, value: FrozenObject, room: int) -> str:
        """Write an object as a call that could have made it."""
        writers = [] if value.content is Absent.ABSENT else [self._writer(value.content)]
        writers += self._attributes(value.attributes)
        if len(value.attributes) < value.n_attributes:
            # The recorder stops counting them when it has as many as it keeps.
            writers.append(lambda _: _ELLIPSIS)
        return _join(f"{_short(value.type_name)}(", ")", writers, len(writers), room)

    def array(self, value: FrozenArray, room: int) -> str:
        """Write an array: what it is made of, its shape, and the first of its elements."""
        size = math.prod(value.shape)
        shape = "x".join(map(str, value.shape)) or "0-d"
        opening = f"{_short(value.type_name)}({value.dtype} {shape}"
        if not value.head:
            return opening + ")"
        return opening + ", " + self.items("list", value.head, size, room - len(opening) - 3) + ")"

    def items(self, kind: str, items: Iterable[Any], n_items: int, room: int) -> str:
        """Write a list, tuple or set; a set in the order of its items' texts."""
        writers = [self._writer(item) for item in items]
        if not n_items and kind in _EMPTY:
            return _EMPTY[kind]
        if kind in _EMPTY:
            writers = [_written(text) for text in sorted(writer(room) for writer in writers)]
        opening, closing = _BRACKETS[kind]
        text = _join(opening, closing, writers, n_items, room - 1)
        return text[:-1] + ",)" if kind == "tuple" and n_items == 1 and _ELLIPSIS not in text[:2] else text

    def pairs(self, pairs: Iterable[tuple[Any, Any]], n_items: int, room: int) -> str:
        """Write a dict in its own order."""
        return _join("{", "}", [self._pair(key, item) for key, item in pairs], n_items, room)

    def _writer(self, value: Any, before: str = "") -> Callable[[int], str]:
        return lambda room: before + self.text(value, room - len(before))

    def _pair(self, key: Any, value: Any) -> Callable[[int], str]:
        def write(room: int) -> str:
            before = self.text(key, room) + ": "
            return before + self.text(value, room - len(before))

        return write

    def _attributes(self, attributes: Iterable[tuple[str, Any]]) -> list[Callable[[int], str]]:
        return [self._writer(value, f"{name}=") for name, value in sorted(attributes, key=lambda pair: pair[0])]


def _join(opening: str, closing: str, writers: list[Callable[[int], str]], n_all: int, room: int) -> str:
    """Write as many parts as there is room for, and count the others."""
    room -= len(opening) + len(closing)
    shown: list[str] = []
    for position, write in enumerate(writers):
        n_after = n_all - position - 1
        here = room - len(_count(n_after)) if n_after else room
        text = ", " * bool(shown) + write(here - 2 * bool(shown))
        if len(text) > here:
            break
        shown.append(text)
        room -= len(text)
    if len(shown) < n_all:
        shown.append(_count(n_all - len(shown)).removeprefix("" if shown else ", "))
    return opening + "".join(shown) + closing


def _written(text: str) -> Callable[[int], str]:
    return lambda _: text


def _count(n: int) -> str:
    return f", {_ELLIPSIS} {n:,} more"


def _is_tuple(value: Any) -> bool:
    return type(value) is tuple or (isinstance(value, FrozenItems) and value.kind == "tuple")


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _object(describer: _Describer, value: FrozenObject, room: int) -> str:
    return describer.raised(value, room) if value.is_error else describer.instance(value, room)


def _int(_: _Describer, value: int, room: int) -> str:
    n_bits = value.bit_length()
    if n_bits > _MAX_DIGITS_BITS:
        return _frozen_int(_, FrozenInt(value < 0, n_bits), room)
    text = str(value)
    if len(text) <= room:
        return text
    count = f"{_ELLIPSIS} ({len(text) - (value < 0)} digits)"
    return text[: max(1, room - len(count))] + count


def _frozen_int(_: _Describer, value: FrozenInt, __: int) -> str:
    return f"<{'negative ' if value.is_negative else ''}int of {value.n_bits:,} bits>"


def _long_text(_: _Describer, value: Any, room: int) -> str:
    is_frozen = isinstance(value, FrozenText)
    data = value.beginning if is_frozen else value
    length = value.length if is_frozen else len(data)
    if len(data) == length <= room and len(whole := repr(data)) <= room:
        return whole
    count = f"{_ELLIPSIS} ({length:,} {'characters' if isinstance(data, str) else 'bytes'})"
    n_shown = min(len(data), max(0, room - len(count)))
    beginning = repr(data[:n_shown])
    while n_shown and (excess := len(beginning) + len(count) - room) > 0:
        n_shown -= max(1, excess // len(r"\U0010ffff"))
        beginning = repr(data[:n_shown])
    return beginning + count


def _written_text(_: _Describer, value: Written, room: int) -> str:
    name = _short(value.type_name)
    return f"{name}({_.text(value.text, room - len(name) - 2)})"


_CONTAINERS = frozenset({list, tuple, set, frozenset, dict, FrozenItems, FrozenDict, FrozenObject})

_WRITERS: dict[type, Callable[[_Describer, Any, int], str]] = {
    type(None): lambda *_: "None",
    bool: lambda _, value, __: str(value),
    int: _int,
    float: lambda _, value, __: repr(value),
    complex: lambda _, value, __: repr(value),
    str: _long_text,
    bytes: _long_text,
    bytearray: _long_text,
    list: lambda d, value, room: d.items("list", value, len(value), room),
    tuple: lambda d, value, room: d.items("tuple", value, len(value), room),
    set: lambda d, value, room: d.items("set", value, len(value), room),
    frozenset: lambda d, value, room: d.items("frozenset", value, len(value), room),
    dict: lambda d, value, room: d.pairs(value.items(), len(value), room),
    FrozenInt: _frozen_int,
    FrozenText: _long_text,
    FrozenItems: lambda d, value, room: d.items(value.kind, value.items, value.n_items, room),
    FrozenDict: lambda d, value, room: d.pairs(value.items, value.n_items, room),
    FrozenObject: _object,
    FrozenArray: lambda d, value, room: d.array(value, room),
    Written: _written_text,
    Member: lambda _, value, __: f"{_short(value.type_name)}.{value.name}",
    Opaque: lambda _, value, __: f"<{_short(value.type_name)}>",
    Named: lambda _, value, __: value.name,
    Reference: lambda *_: _CYCLE,
    Redacted: lambda _, value, __: f"[redacted: {value.rule}]",
    Cut: lambda _, value, __: _CUTS.get(value, _ELLIPSIS),
    Unbound: lambda *_: "<unbound>",
}
