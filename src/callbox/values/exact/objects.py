"""Instances of classes that callbox does not know: by their state, or not at all.

The state is what slots and the instance dictionary hold. No constructor, property,
`__reduce__`, `__getstate__` or `__setstate__` runs, neither here nor when it is read back.
"""

from __future__ import annotations

import datetime as dt
import enum
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from callbox.errors import FormatError
from callbox.values import statics
from callbox.values.exact import containers
from callbox.values.exact.exceptions import EXCEPTION, GROUP
from callbox.values.exact.kinds import Deferred, Eager, Kind, Row, register
from callbox.values.exact.references import CLASS
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_REASONS: dict[str, str] = {
    "_thread": "a lock or thread-local belongs to the running process",
    "_io": "an open file belongs to the running process",
    "_socket": "a socket belongs to the running process",
    "generator": "a generator cannot be copied: record a list of what it yields",
    "coroutine": "a coroutine cannot be copied: record what it returns",
    "async_generator": "an async generator cannot be copied",
    "frame": "a frame belongs to the running program",
    "traceback": "a traceback belongs to the running program",
    "code": "a code object is not data",
    "weakref": "a weak reference keeps nothing alive",
}


def find_object_kind(encoder: Encoder, value: Any, link: Link) -> Kind:
    """Return the kind of an instance of any class; refuses what has no state that can be read whole."""
    cls = type(value)
    module, qualname = statics.reference_of_class(cls)
    if encoder.allow.allows_pickle(module, qualname):
        return _PICKLE
    if statics.derives(type(cls), enum.EnumType):
        return _FLAG if statics.derives(cls, enum.Flag) else _ENUM
    if statics.derives(cls, type):
        return CLASS
    layout = statics.layout_of(cls)
    if layout.problem is not None:
        raise RefusedPartError(link, _reason(cls, layout.base, layout.problem))
    if id(layout.base) in _DEFERRED_BASES:
        return _DEFERRED_BASES[id(layout.base)]
    if id(layout.base) in _PLAIN_BASES:
        return _DERIVED
    if statics.derives(layout.base, BaseException):
        return GROUP if statics.derives(layout.base, BaseExceptionGroup) else EXCEPTION
    raise RefusedPartError(link, _reason(cls, layout.base, None))


def _reason(cls: type, base: type, problem: str | None) -> str:
    name = statics.type_name(cls)
    known = _REASONS.get(statics.short_name(base)) or _REASONS.get(statics.reference_of_class(base)[0])
    if known is not None:
        return f"it is a {name}: {known}"
    if problem is not None:
        return f"it is a {name}, and {problem}"
    if base is not cls:
        return f"it is a {name}, whose base {statics.type_name(base)} keeps state in C"
    return f"it is a {name}, which callbox cannot read without running its code"


# Plain objects


def _fill_object(encoder: Encoder, value: Any, shell: int, link: Link) -> None:
    encoder.put_state(value, shell, link)


def _create_object(_decoder: Decoder, cls: type | None, _row: Row) -> Any:
    if cls is None:
        return object()
    return object.__new__(cls)


def _restore_nothing(_decoder: Decoder, value: Any, _row: Row) -> None:
    raise FormatError(f"encoded value gives items to a {statics.type_name(type(value))}, which has none")


OBJECT = Deferred(Tag.OBJECT, (object,), None, _fill_object, _create_object, _restore_nothing)


# Subclasses of immutable built-ins


def _plain_datetime(value: dt.datetime) -> dt.datetime:
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo")
    fields = [statics.find_attribute(dt.datetime, name).__get__(value) for name in names]
    return dt.datetime(*fields, fold=dt.datetime.__dict__["fold"].__get__(value))


def _plain_date(value: dt.date) -> dt.date:
    return dt.date(*(dt.date.__dict__[name].__get__(value) for name in ("year", "month", "day")))


def _plain_timedelta(value: dt.timedelta) -> dt.timedelta:
    return dt.timedelta(*(dt.timedelta.__dict__[name].__get__(value) for name in ("days", "seconds", "microseconds")))


def _plain_complex(value: complex) -> complex:
    return complex(complex.__dict__["real"].__get__(value), complex.__dict__["imag"].__get__(value))


def _new_datetime(cls: type[dt.datetime], value: dt.datetime) -> Any:
    day = value.year, value.month, value.day
    time = value.hour, value.minute, value.second, value.microsecond
    return dt.datetime.__new__(cls, *day, *time, value.tzinfo, fold=value.fold)


def _new_timedelta(cls: type[dt.timedelta], value: dt.timedelta) -> Any:
    return dt.timedelta.__new__(cls, value.days, value.seconds, value.microseconds)


_PLAIN_BASES: dict[int, tuple[type, Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    id(base): (base, plain, new)
    for base, plain, new in (
        (int, int.__int__, int.__new__),
        (float, float.__float__, float.__new__),
        (complex, _plain_complex, complex.__new__),
        (str, str.__str__, str.__new__),
        (bytes, lambda value: bytes.__getitem__(value, slice(None)), bytes.__new__),
        (tuple, lambda value: tuple.__getitem__(value, slice(None)), tuple.__new__),
        (frozenset, lambda value: frozenset(list(frozenset.__iter__(value))), frozenset.__new__),
        (Decimal, lambda value: Decimal(Decimal.__str__(value)), Decimal.__new__),
        (dt.datetime, _plain_datetime, _new_datetime),
        (dt.date, _plain_date, lambda cls, value: dt.date.__new__(cls, value.year, value.month, value.day)),
        (dt.timedelta, _plain_timedelta, _new_timedelta),
    )
}
"""By identity of the base: the base, how to see an instance as one of it, how to make one of a subclass."""


def has_plain_base(cls: type) -> bool:
    """Say whether a class is a subclass of an immutable built-in."""
    base = statics.layout_of(cls).base
    return base is not cls and id(base) in _PLAIN_BASES


def plain_base_value(value: Any) -> Any:
    """Return an instance of a subclass of an immutable built-in as that built-in."""
    _, plain, _ = _PLAIN_BASES[id(statics.layout_of(type(value)).base)]
    return plain(value)


def _pack_derived(encoder: Encoder, value: Any, link: Link) -> Row:
    name = encoder.class_name(type(value), link)
    content = encoder.put(plain_base_value(value), link)
    state = encoder.attributes(statics.layout_of(type(value)).read(value), link)
    return [name, content, *state]


def _build_derived(decoder: Decoder, row: Row) -> Any:
    cls, content = decoder.class_at(row[0]), decoder.value(row[1])
    base = statics.layout_of(cls).base
    if id(base) not in _PLAIN_BASES or type(content) is not base:
        raise FormatError(f"encoded value builds a {statics.type_name(cls)} from a {type(content).__name__}")
    _, _, new = _PLAIN_BASES[id(base)]
    value = new(cls, content)
    decoder.write_state(value, row[2:])
    return value


_DERIVED = Eager(Tag.DERIVED, (), _pack_derived, _build_derived)


# Enumerations


def _pack_enum(encoder: Encoder, value: Any, link: Link) -> Row:
    return [encoder.class_name(type(value), link), encoder.put(_enum_state(value)["_name_"], link)]


def _build_enum(decoder: Decoder, row: Row) -> Any:
    cls, name = decoder.class_at(row[0]), decoder.value(row[1])
    members = statics.own(cls).get("_member_map_", {})
    if name not in members:
        raise FormatError(f"encoded value needs {statics.type_name(cls)}.{name}, which the class does not have")
    return members[name]


def _enum_state(member: Any) -> dict[str, Any]:
    namespace = statics.layout_of(type(member)).namespace_of(member)
    return namespace or {}


def _pack_flag(encoder: Encoder, value: Any, link: Link) -> Row:
    state = _enum_state(value)
    name = state["_name_"]
    if name not in statics.own(type(value))["_member_map_"]:
        name = None
    return [encoder.class_name(type(value), link), encoder.put(name, link), encoder.put(state["_value_"], link)]


def _build_flag(decoder: Decoder, row: Row) -> Any:
    cls, name, value = decoder.class_at(row[0]), decoder.value(row[1]), decoder.value(row[2])
    if name is not None:
        return _build_enum(decoder, row[:2])
    if not statics.derives(cls, enum.Flag) or type(value) is not int:
        raise FormatError(f"encoded value needs flags of {statics.type_name(cls)}, which is no enum.Flag")
    known = statics.own(cls)["_value2member_map_"].get(value)
    return known if known is not None else enum.Flag.__dict__["_missing_"].__func__(cls, value)


_ENUM = Eager(Tag.ENUM, (), _pack_enum, _build_enum)
_FLAG = Eager(Tag.FLAG, (), _pack_flag, _build_flag)


# Pickles, by name only


def _pack_pickle(encoder: Encoder, value: Any, link: Link) -> Row:
    try:
        data = pickle.dumps(value, protocol=5)
    except Exception as error:
        raise RefusedPartError(link, f"pickle fails on it: {error}") from error
    return [encoder.class_name(type(value), link), data]


def _build_pickle(decoder: Decoder, row: Row) -> Any:
    name, data = row
    module, qualname = decoder.name_at(name)
    if not decoder.allow.allows_pickle(module, qualname):
        raise FormatError(
            f"encoded value holds a pickle of {module}.{qualname}; a pickle can run any code, "
            f"so it is only loaded when named: allow=['pickle:{module}.{qualname}']"
        )
    return pickle.loads(data)


_PICKLE = Eager(Tag.PICKLE, (), _pack_pickle, _build_pickle, is_shared_by_content=False)

_DEFERRED_BASES: dict[int, Deferred] = {
    id(kind.types[0]): kind
    for kind in (
        OBJECT,
        containers.LIST,
        containers.DICT,
        containers.SET,
        containers.DEQUE,
        containers.ORDERED_DICT,
        containers.DEFAULT_DICT,
    )
}

register(OBJECT, _DERIVED, _ENUM, _FLAG, _PICKLE)
