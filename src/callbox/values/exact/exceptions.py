"""Exceptions: arguments, the fields that C keeps, cause, context and notes; not the traceback."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from callbox.errors import FormatError
from callbox.values import statics
from callbox.values.exact.kinds import Deferred, Eager, Row, register
from callbox.values.exact.wire import FillTag, Tag

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_COMMON = ("args", "__cause__", "__context__", "__suppress_context__")
_FIELDS = {name: BaseException.__dict__[name] for name in _COMMON}
_DEFAULTS = ((), None, None, False)
_GROUP_FIELDS = {"message", "exceptions"}


def _c_fields(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield what built-in exception classes keep in C, e.g. `errno` of an OSError, with its descriptors."""
    yield from _FIELDS.items()
    for klass in statics.mro(cls):
        if statics.reference_of_class(klass)[0] == "builtins" and klass is not BaseException:
            for name, descriptor in statics.own(klass).items():
                if type(descriptor) is types.MemberDescriptorType and name not in _GROUP_FIELDS:
                    yield name, descriptor


def read_fields(value: BaseException) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of C fields that say anything."""
    for name, descriptor in _c_fields(type(value)):
        try:
            found = descriptor.__get__(value)
        except AttributeError:
            continue
        if not any(found is default for default in _DEFAULTS):
            yield name, found


def _fill_exception(encoder: Encoder, value: BaseException, shell: int, link: Link) -> None:
    encoder.fill(shell, FillTag.FIELDS, encoder.attributes(read_fields(value), link))
    encoder.put_state(value, shell, link)


def _create_exception(_decoder: Decoder, cls: type | None, _row: Row) -> Any:
    base: Any = object if cls is None else statics.layout_of(cls).base
    if cls is None or not statics.derives(base, BaseException) or statics.derives(base, BaseExceptionGroup):
        raise FormatError(f"encoded value raises {cls and statics.type_name(cls)}, which is no exception")
    return base.__new__(cls)


def write_fields(value: BaseException, fields: dict[str, Any]) -> None:
    """Set C fields, past any `__setattr__`.

    Raises:
        FormatError: the exception has no such field, or not of such a value.
    """
    descriptors = dict(_c_fields(type(value)))
    for name, field in fields.items():
        if name not in descriptors:
            raise FormatError(f"encoded value sets {name!r}, which {statics.type_name(type(value))} does not have")
        descriptors[name].__set__(value, field)


def _pack_group(encoder: Encoder, value: Any, link: Link) -> Row:
    members = BaseExceptionGroup.__dict__
    message = members["message"].__get__(value)
    exceptions = members["exceptions"].__get__(value)
    fields = [(name, field) for name, field in read_fields(value) if name != "args"]
    return [
        encoder.class_name(type(value), link),
        encoder.put(message, (link, "attribute", "message")),
        encoder.put(exceptions, (link, "attribute", "exceptions")),
        len(fields),
        *encoder.attributes(fields, link),
        *encoder.attributes(statics.layout_of(type(value)).read(value), link),
    ]


def _build_group(decoder: Decoder, row: Row) -> Any:
    cls, message, exceptions = decoder.class_at(row[0]), decoder.value(row[1]), decoder.value(row[2])
    n_fields = row[3]
    if not statics.derives(cls, BaseExceptionGroup):
        raise FormatError(f"encoded value groups exceptions in {statics.type_name(cls)}, which is no group")
    value: Any = BaseExceptionGroup.__new__(cls, message, exceptions)
    write_fields(value, decoder.attributes(row[4 : 4 + 2 * n_fields]))
    decoder.write_state(value, row[4 + 2 * n_fields :])
    return value


def _restore_nothing(_decoder: Decoder, _value: Any, _row: Row) -> None:
    raise FormatError("encoded value gives items to an exception")


EXCEPTION = Deferred(Tag.EXCEPTION, (), None, _fill_exception, _create_exception, _restore_nothing, write_fields)
GROUP = Eager(Tag.GROUP, (), _pack_group, _build_group, is_shared_by_content=False)

register(EXCEPTION, GROUP)
