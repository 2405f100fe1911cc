"""Writing values of the standard library, and callables by their names."""

from __future__ import annotations

import array
import datetime as dt
import functools
import ipaddress
import pathlib
import re
import types
import uuid
import zoneinfo
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.exact.locks import LOCKS
from callbox.values.exact.references import METHOD_OF_HEAP_TYPE, reference_of
from callbox.values.literals.atoms import write_bytes
from callbox.values.literals.families import Writing, register
from callbox.values.literals.layout import Group, Node, attribute, call
from callbox.values.paths import quote
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


def _write_text_of(writer: Writer, value: Any, link: Link) -> Node:
    """Write a call of the class with the value's text: `Decimal("1.10")`."""
    return call(writer.class_name(type(value), link), [quote(str(value))])


def _write_path(writer: Writer, value: pathlib.PurePath, _link: Link) -> Node:
    is_native = type(value) is type(pathlib.Path())
    name = writer.names.refer("pathlib", "Path" if is_native else type(value).__name__)
    return call(name, [quote(str(value))] if value.parts else [])


def _write_fraction(writer: Writer, value: Fraction, link: Link) -> Node:
    parts = writer.items((value.numerator, value.denominator), link)
    return call(writer.names.refer("fractions", "Fraction"), parts)


def _write_range(writer: Writer, value: range, link: Link) -> Node:
    parts = (value.start, value.stop, value.step)
    shown = parts[1:2] if not value.start and value.step == 1 else parts if value.step != 1 else parts[:2]
    return call("range", writer.items(shown, link))


def _write_slice(writer: Writer, value: slice, link: Link) -> Node:
    return call("slice", writer.items((value.start, value.stop, value.step), link))


def _write_pattern(writer: Writer, value: re.Pattern[Any], link: Link) -> Node:
    flags = re.RegexFlag(value.flags) & ~re.compile(value.pattern).flags
    name = f"{writer.names.module('re')}.compile"
    pattern = writer.write(value.pattern, link)
    return call(name, [pattern, *_flags(writer, flags)])


def _flags(writer: Writer, flags: re.RegexFlag) -> Iterable[Node]:
    names = [f"{writer.names.module('re')}.{flag.name}" for flag in re.RegexFlag if flag & flags]
    return [" | ".join(names)] if names else []


def _write_bytearray(writer: Writer, value: bytearray, _link: Link) -> Node:
    return call("bytearray", [write_bytes(writer, bytes(value))] if value else [])


def _write_memoryview(writer: Writer, value: memoryview, link: Link) -> Node:
    if value.format != "B" or value.ndim != 1:
        raise RefusedPartError(link, f"it is a memoryview of format {value.format!r} and {value.ndim} dimensions")
    data = write_bytes(writer, value.tobytes())
    return call("memoryview", [data if value.readonly else call("bytearray", [data])])


def _write_array(writer: Writer, value: Any, link: Link) -> Node:
    items = Group("[", writer.items(value.tolist(), link), "]")
    name = writer.names.refer("array", "array")
    return call(name, [quote(value.typecode), *([items] if value else [])])


# Dates and times


_CLOCKS = (dt.date, dt.datetime, dt.time, dt.timedelta)


def write_moment(writer: Writer, value: Any, link: Link, name: str = "", first: Sequence[Node] = ()) -> Node | None:
    """Write a date, a time or a duration as a call.

    Args:
        writer: of the whole value.
        value: what to write.
        link: where it is.
        name: what to call; its class if absent.
        first: arguments before those that say the moment.

    Returns:
        None for a value of any other class.
    """
    cls = type(value)
    if cls not in _CLOCKS:
        return None
    name = name or writer.names.refer("datetime", cls.__name__)
    if cls is dt.timedelta:
        lengths = (("days", value.days), ("seconds", value.seconds), ("microseconds", value.microseconds))
        return call(name, first, [(key, repr(part)) for key, part in lengths if part])
    if cls is dt.date:
        return call(name, [*first, *map(repr, (value.year, value.month, value.day))])
    day = [value.year, value.month, value.day] if cls is dt.datetime else []
    clock = [value.hour, value.minute, value.second, value.microsecond]
    parts = [repr(part) for part in _without_zeros([*day, *clock], len(day) or 2)]
    return call(name, [*first, *parts], _zone_and_fold(writer, value, link))


def _write_moment(writer: Writer, value: Any, link: Link) -> Node:
    return write_moment(writer, value, link) or ""


def _without_zeros(parts: list[int], n_kept: int) -> list[int]:
    """Leave out zeros at the end, but no minute without its hour."""
    n = len(parts)
    while n > n_kept and parts[n - 1] == 0:
        n -= 1
    return parts[: max(n, 5) if n == 4 and n_kept == 3 else n]


def _zone_and_fold(writer: Writer, value: Any, link: Link) -> list[tuple[str, Node]]:
    keywords: list[tuple[str, Node]] = []
    if value.tzinfo is not None:
        keywords.append(("tzinfo", writer.write(value.tzinfo, (link, "attribute", "tzinfo"))))
    if value.fold:
        keywords.append(("fold", "1"))
    return keywords


def _write_fixed_zone(writer: Writer, value: dt.timezone, link: Link) -> Node:
    name = writer.names.refer("datetime", "timezone")
    if value == dt.UTC and value.tzname(None) == "UTC":
        return f"{name}.utc"
    offset = value.utcoffset(None)
    parts = [writer.write(offset, link)]
    label = value.tzname(None)
    if label != dt.timezone(offset).tzname(None):
        parts.append(writer.write(label, link))
    return call(name, parts)


def _write_named_zone(writer: Writer, value: zoneinfo.ZoneInfo, link: Link) -> Node:
    if value.key is None:
        raise RefusedPartError(link, "it is a time zone read from a file without a name")
    return call(writer.names.refer("zoneinfo", "ZoneInfo"), [quote(value.key)])


# Callables


def write_reference(writer: Writer, value: Any, link: Link) -> Node:
    """Return the name of a function, and import it."""
    reference = reference_of(value)
    if reference is None:
        owner = writer.write(value.__self__, (link, "attribute", "__self__"))
        return attribute(owner, value.__name__)
    return writer.reference(value, *reference, link)


def _write_module(writer: Writer, value: types.ModuleType, _link: Link) -> Node:
    return writer.names.module(value.__name__)


def _write_method(writer: Writer, value: types.MethodType, link: Link) -> Node:
    owner = writer.write(value.__self__, (link, "attribute", "__self__"))
    name = statics.reachable_name(getattr(value.__func__, "__qualname__", "")).rpartition(".")[2]
    if name and _is_bound_by(value.__self__, name, value.__func__):
        return attribute(owner, name)
    function = writer.write(value.__func__, (link, "attribute", "__func__"))
    return call(writer.names.refer("types", "MethodType"), [function, owner])


def _is_bound_by(owner: Any, name: str, function: Any) -> bool:
    """Say whether an attribute of an object, or of a class, is the method that binds a function to it."""
    if statics.derives(type(owner), type):
        found = statics.find_attribute(owner, name)
        return type(found) is classmethod and found.__func__ is function
    held = statics.layout_of(type(owner)).namespace_of(owner) or {}
    return statics.find_attribute(type(owner), name) is function and name not in held


def _write_partial(writer: Writer, value: functools.partial[Any], link: Link) -> Node:
    if statics.layout_of(functools.partial).namespace_of(value):
        raise RefusedPartError(link, "it is a functools.partial with attributes of its own")
    function = writer.write(value.func, (link, "attribute", "func"))
    parts = writer.items(value.args, (link, "attribute", "args"))
    keywords = writer.state(dict(value.keywords), (link, "attribute", "keywords"))
    return call(writer.names.refer("functools", "partial"), [function, *parts], keywords)


def _write_lock(writer: Writer, value: Any, _link: Link) -> Node:
    return call(writer.names.refer("threading", type(value).__name__.replace("lock", "Lock")))


register(Writing(_write_text_of), Decimal, uuid.UUID)
register(Writing(_write_text_of), ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network)
register(Writing(_write_text_of), ipaddress.IPv6Network, ipaddress.IPv4Interface, ipaddress.IPv6Interface)
register(Writing(_write_path), pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath)
register(Writing(_write_fraction), Fraction)
register(Writing(_write_range), range)
register(Writing(_write_slice), slice)
register(Writing(_write_pattern), re.Pattern)
register(Writing(_write_bytearray, has_identity=True), bytearray)
register(Writing(_write_memoryview, has_identity=True), memoryview)
register(Writing(_write_array, has_identity=True), array.array)
register(Writing(_write_moment), *_CLOCKS)
register(Writing(_write_fixed_zone), dt.timezone)
register(Writing(_write_named_zone), zoneinfo.ZoneInfo)
register(Writing(write_reference), types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType)
register(Writing(write_reference), types.WrapperDescriptorType, functools._lru_cache_wrapper, METHOD_OF_HEAP_TYPE)
register(Writing(_write_module), types.ModuleType)
register(Writing(_write_method, has_identity=True), types.MethodType)
register(Writing(_write_partial, has_identity=True), functools.partial)
register(Writing(_write_lock, has_identity=True), *LOCKS)
