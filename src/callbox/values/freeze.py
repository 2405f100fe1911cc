"""Freezing a value where no recorder does: what it is now, bounded, without running any of its code.

The C core freezes what calls are given. This is for what is looked at once, when
something has failed: locals and arguments, with limits of its own. Containers are
read by the methods of the built-in types, objects by slots and dictionary; no
`__repr__`, `__len__`, `__iter__`, property or `__getattr__` of a value runs.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import fractions
import itertools
import pathlib
import re
import sys
import time
import types
import uuid
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from callbox.values import statics
from callbox.values.thawed import (
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
)

if TYPE_CHECKING:
    from callbox.values.redact import Redactor

_MAX_INT_BITS = 1 << 12
_MARGIN_CHARS = 512
"""What is looked at beyond the end of a long text: a secret may begin before it and end after it."""
_NODES_PER_LOOK = 16
"""Parts between two looks at the clock."""
_SAFE_ZONES = (type(None), dt.timezone, zoneinfo.ZoneInfo)
_MAX_ARRAY_ITEMS = 6


@dataclass(frozen=True, slots=True)
class FreezeLimits:
    """How much of a value is kept.

    Attributes:
        max_depth: containers and objects inside one another.
        max_items: items of a container, attributes of an object.
        max_chars: characters or bytes of a text.
        max_nodes: containers and objects in one value.
        max_all_nodes: those in all values that one `Freezer` freezes. It keeps the work small whatever the values
            are; the time that a `Freezer` has is for those that even so take long.
    """

    max_depth: int = 3
    max_items: int = 10
    max_chars: int = 200
    max_nodes: int = 120
    max_all_nodes: int = 1_000


class Freezer:
    """Freezes values until its time is over; what comes later is cut."""

    def __init__(self, redactor: Redactor, limits: FreezeLimits | None = None, *, budget_s: float = 0.05) -> None:
        """Begin.

        Args:
            redactor: finds the secrets, which are replaced before anything is kept.
            limits: how much of each value is kept.
            budget_s: seconds for all values together.
        """
        self._redactor = redactor
        self._limits = limits or FreezeLimits()
        self._left_s = budget_s
        self._left_nodes = self._limits.max_all_nodes
        self._deadline_s = 0.0

    def freeze(self, value: Any) -> Any:
        """Return a value frozen: itself, if it cannot change, or one of the types of `callbox.values.thawed`."""
        started_s = time.perf_counter()
        self._deadline_s = started_s + self._left_s
        walk = _Walk(self._redactor, self._limits, self._is_over, min(self._limits.max_nodes, self._left_nodes))
        frozen = walk.value(value, 0)
        self._left_nodes -= min(walk.n_nodes, self._left_nodes)
        if type(frozen) not in _WITHOUT_SECRETS:
            frozen = self._redactor.redact_value(frozen)
        self._left_s -= time.perf_counter() - started_s
        return frozen

    def freeze_named(self, name: str, value: Any) -> Any:
        """Return a variable's value frozen; its name may tell that it is a secret."""
        rule = self._redactor.redact_key(name)
        if rule is not None and value is not None and type(value) is not bool:
            self._redactor.replace(f"key {rule}", name, value if type(value) is str else None)
            return Redacted(f"key {rule}")
        return self.freeze(value)

    def _is_over(self) -> bool:
        return time.perf_counter() > self._deadline_s


_WITHOUT_SECRETS = frozenset({type(None), bool, float, complex, Cut, Opaque, Named, Reference})


class _Walk:
    """One value being frozen. Containers and objects are numbered as they begin; one met again is a reference."""

    def __init__(self, redactor: Redactor, limits: FreezeLimits, is_over: Callable[[], bool], max_nodes: int) -> None:
        self._max_nodes = max_nodes
        self._redactor = redactor
        self._limits = limits
        self._is_over = is_over
        self._numbers: dict[int, int] = {}
        self.n_nodes = 0

    def value(self, value: Any, depth: int) -> Any:
        """Freeze a value that lies this deep."""
        kind = statics.identity(type(value))  # a metaclass may refuse to hash its classes
        atom = _ATOMS.get(kind)
        if atom is not None:
            return atom(self, value)
        if id(value) in self._numbers:
            return Reference(self._numbers[id(value)])
        self.n_nodes += 1
        if self.n_nodes > self._max_nodes:
            return Cut.NODES
        if self.n_nodes % _NODES_PER_LOOK == 1 and self._is_over():
            return Cut.TIME
        if depth >= self._limits.max_depth:
            return Cut.DEPTH if kind in _CONTAINERS else self._name_only(value)
        container = _CONTAINERS.get(kind)
        if container is not None:
            self._numbers[id(value)] = len(self._numbers)
            return container(self, value, depth + 1)
        return self._object(value, depth + 1)

    def text(self, value: Any) -> Any:
        """Keep a text, or its beginning, without the secrets in either."""
        limit = self._limits.max_chars
        if len(value) <= limit:
            return value
        sample = value[: limit + _MARGIN_CHARS]
        if type(sample) is str:
            return FrozenText(self._redactor.redact_text(sample)[:limit], len(value))
        text = bytes(sample).decode("latin-1")
        redacted = self._redactor.redact_text(text)[:limit]
        return FrozenText(type(value)(redacted.encode("latin-1", "replace")), len(value))

    def items(self, kind: str, items: Iterable[Any], n_items: int, depth: int) -> FrozenItems:
        """Freeze the first items of a sequence or a set."""
        first = _first(items, self._limits.max_items)
        return FrozenItems(kind, tuple(self.value(item, depth) for item in first), n_items)

    def pairs(self, value: Any, depth: int) -> FrozenDict:
        """Freeze the first pairs of a dictionary."""
        first = _first(dict.items(value), self._limits.max_items)
        return FrozenDict(tuple(self._pair(key, item, depth) for key, item in first), dict.__len__(value))

    def _pair(self, key: Any, item: Any, depth: int) -> tuple[Any, Any]:
        if type(key) is str and len(key) > self._limits.max_chars:
            rule = self._redactor.redact_key(key)
            return self.text(key), Redacted(f"key {rule}") if rule else self.value(item, depth)
        return self.value(key, depth), self.value(item, depth)

    def attributes(self, pairs: Iterable[tuple[str, Any]], depth: int) -> tuple[tuple[str, Any], ...]:
        """Freeze attributes whose names are known."""
        named = ((name, value) for name, value in pairs if type(name) is str)
        return tuple((name, self.value(value, depth)) for name, value in _first(named, self._limits.max_items))

    def _name_only(self, value: Any) -> Any:
        cls = type(value)
        return self._known(value) or Opaque(statics.type_name(cls), id(value))

    def _known(self, value: Any) -> Any:
        known = _known(value)
        return Named(self._redactor.redact_text(known.name)) if type(known) is Named else known

    def _object(self, value: Any, depth: int) -> Any:
        known = self._known(value)
        if known is not None:
            return known
        cls = type(value)
        name = statics.type_name(cls)
        try:
            layout = statics.layout_of(cls)
        except TypeError:
            return Opaque(name, id(value))
        self._numbers[id(value)] = len(self._numbers)
        fields = statics.find_attribute(cls, "_fields") if layout.base is tuple else None
        if type(fields) is tuple and len(fields) == tuple.__len__(value):
            pairs = tuple(zip(fields, tuple.__iter__(value), strict=True))
            return FrozenObject(name, id(value), self.attributes(pairs, depth), len(fields))
        content = self._content(value, layout.base, depth)
        parts = list(itertools.islice(layout.read(value), self._limits.max_items + 1))
        if not parts and content is Absent.ABSENT and layout.base is not object:
            return Opaque(name, id(value))
        if parts and type(type(value)) is enum.EnumType:
            state = dict(parts)
            return Member(name, str(state.get("_name_")), self.value(state.get("_value_"), depth))
        is_error = statics.derives(layout.base, BaseException)
        return FrozenObject(name, id(value), self.attributes(parts, depth), len(parts), content, is_error)

    def _content(self, value: Any, base: type, depth: int) -> Any:
        """Freeze what the built-in base of an object's class keeps: items of a list, arguments of an exception."""
        if base is object:
            return Absent.ABSENT
        if statics.derives(base, BaseException):
            return self.value(_ARGS.__get__(value), depth)
        for builtin, read in _CONTENT.items():
            if statics.derives(base, builtin):
                return read(self, value, depth)
        return Absent.ABSENT


def _first(items: Iterable[Any], n: int) -> list[Any]:
    try:
        return list(itertools.islice(items, n))
    except RuntimeError:  # another thread changed its size meanwhile
        return []


def _int(_: _Walk, value: int) -> Any:
    n_bits = value.bit_length()
    return value if n_bits <= _MAX_INT_BITS else FrozenInt(value < 0, n_bits)


def _itself(_: _Walk, value: Any) -> Any:
    return value


def _class(_: _Walk, value: Any) -> Named:
    return Named(statics.type_name(value))


def _function(_: _Walk, value: Any) -> Named:
    module = value.__module__
    return Named(f"{module}.{value.__qualname__}" if type(module) is str else value.__qualname__)


def _module(_: _Walk, value: types.ModuleType) -> Named:
    name = statics.module_namespace(value).get("__name__")
    return Named(f"<module {name if type(name) is str else '?'}>")


T = TypeVar("T")


def _by_identity(found: Mapping[type, T]) -> dict[int, T]:
    return {statics.identity(kind): each for kind, each in found.items()}


_ATOMS: dict[int, Callable[[_Walk, Any], Any]] = _by_identity(
    {
        **dict.fromkeys((type(None), bool, float, complex), _itself),
        int: _int,
        **dict.fromkeys((str, bytes, bytearray), _Walk.text),
        type: _class,
        **dict.fromkeys((types.FunctionType, types.BuiltinFunctionType), _function),
        types.ModuleType: _module,
    }
)
"""What is frozen without a look at how deep it lies."""

_CONTAINERS: dict[int, Callable[[_Walk, Any, int], Any]] = _by_identity(
    {
        list: lambda walk, value, depth: walk.items("list", value, len(value), depth),
        tuple: lambda walk, value, depth: walk.items("tuple", value, len(value), depth),
        set: lambda walk, value, depth: walk.items("set", value, len(value), depth),
        frozenset: lambda walk, value, depth: walk.items("frozenset", value, len(value), depth),
        dict: _Walk.pairs,
    }
)

_CONTENT: dict[type, Callable[[_Walk, Any, int], Any]] = {
    list: lambda walk, value, depth: walk.items("list", list.__iter__(value), list.__len__(value), depth),
    tuple: lambda walk, value, depth: walk.items("tuple", tuple.__iter__(value), tuple.__len__(value), depth),
    dict: _Walk.pairs,
    set: lambda walk, value, depth: walk.items("set", set.__iter__(value), set.__len__(value), depth),
    frozenset: lambda walk, value, depth: walk.items(
        "frozenset", frozenset.__iter__(value), frozenset.__len__(value), depth
    ),
    collections.deque: lambda walk, value, depth: walk.items(
        "list", collections.deque.__iter__(value), collections.deque.__len__(value), depth
    ),
    str: lambda walk, value, _: walk.text(str.__str__(value)),
    bytes: lambda walk, value, _: walk.text(bytes.__getitem__(value, slice(None))),
    int: lambda walk, value, _: _int(walk, int.__add__(value, 0)),
    float: lambda _, value, __: float.__add__(value, 0.0),
}
"""What instances of built-in types' subclasses hold, read by the built-in type."""

_ARGS = BaseException.__dict__["args"]


def _known(value: Any) -> Named | FrozenArray | None:
    """Describe a value of a standard or a well-known type by its own, harmless text; None if it is of another."""
    cls = type(value)
    describe = _KNOWN.get(statics.identity(cls))
    if describe is not None:
        return Named(describe(value))
    if statics.derives(cls, type):
        return Named(statics.type_name(value))
    numpy = sys.modules.get("numpy")
    if numpy is None or statics.reference_of_class(cls)[0].partition(".")[0] != "numpy":
        return None
    if statics.derives(cls, numpy.ndarray):
        return _array(numpy, value)
    return Named(str(value)) if statics.derives(cls, numpy.number) or statics.derives(cls, numpy.bool_) else None


def _array(numpy: Any, value: Any) -> FrozenArray:
    """Name an array's shape and dtype, and its first items if it is nothing but an array of numbers in memory."""
    shape, dtype = numpy.ndarray.shape.__get__(value), numpy.ndarray.dtype.__get__(value)
    is_plain = type(value) is numpy.ndarray and dtype.kind in "?biufc"
    head = tuple(value.flat[:_MAX_ARRAY_ITEMS].tolist()) if is_plain else ()
    return FrozenArray(statics.type_name(type(value)), id(value), str(dtype), shape, head)


def _method(value: Any) -> str:
    function = value.__func__
    return f"{function.__qualname__}" if type(function) is types.FunctionType else "method"


def _moment(value: Any) -> str:
    return repr(value) if type(value.tzinfo) in _SAFE_ZONES else f"{type(value).__name__} in a zone of its own"


_KNOWN: dict[int, Callable[[Any], str]] = _by_identity(
    {
        types.MethodType: _method,
        **dict.fromkeys(
            (dt.date, dt.timedelta, dt.timezone, zoneinfo.ZoneInfo, decimal.Decimal, uuid.UUID, range), repr
        ),
        **dict.fromkeys((dt.datetime, dt.time), _moment),
        fractions.Fraction: repr,
        **dict.fromkeys((pathlib.PurePosixPath, pathlib.PureWindowsPath, type(pathlib.Path())), repr),
        re.Pattern: repr,
        type(...): repr,
        type(NotImplemented): repr,
    }
)
