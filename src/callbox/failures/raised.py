"""Exceptions as they are kept: message, notes, frames, causes, members of groups. None of their code runs."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from callbox.failures.frames import FrameReader
from callbox.failures.model import Raised
from callbox.failures.options import MAX_LOCALS
from callbox.failures.outcomes import MARK
from callbox.failures.values import ValueWriter
from callbox.values import statics

MAX_RELATED = 10
"""Exceptions kept with one, however they belong to it."""
_MAX_MESSAGE_CHARS = 10_000

_ARGS = BaseException.__dict__["args"]
_CAUSE = BaseException.__dict__["__cause__"]
_CONTEXT = BaseException.__dict__["__context__"]
_SUPPRESS = BaseException.__dict__["__suppress_context__"]
_TRACEBACK = BaseException.__dict__["__traceback__"]
_MEMBERS = BaseExceptionGroup.__dict__["exceptions"]
_GROUP_MESSAGE = BaseExceptionGroup.__dict__["message"]
_OF_SYNTAX = tuple((name, SyntaxError.__dict__[name]) for name in ("msg", "filename", "lineno", "offset", "text"))
_PLAIN = frozenset({str, int, float, bool, bytes, complex, type(None)})
_MAX_INT_BITS = 1 << 12


def traceback_of(error: BaseException) -> types.TracebackType | None:
    """Return an exception's traceback, past any code of its class."""
    found: types.TracebackType | None = _TRACEBACK.__get__(error)
    return found


def chain_of(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """Yield what leads to an exception: its cause or context, then the members of a group."""
    cause = _CAUSE.__get__(error)
    if cause is not None:
        yield cause, "cause"
    elif not _SUPPRESS.__get__(error) and (context := _CONTEXT.__get__(error)) is not None:
        yield context, "context"
    if statics.derives(type(error), BaseExceptionGroup):
        for member in _MEMBERS.__get__(error):
            yield member, "member"


class RaisedReader:
    """Reads exceptions into what is kept of them; knows which it has met."""

    def __init__(self, frames: FrameReader, writer: ValueWriter) -> None:
        self._frames = frames
        self._writer = writer
        self._seen: set[int] = set()

    def read(self, error: BaseException, relation: str = "") -> Raised:
        """Read an exception and those that belong to it, each once."""
        self._seen.add(id(error))
        # what was raised before where it was: should time run out, it is known
        message, notes, attributes = self.message(error), self._notes(error), self._attributes(error)
        frames, n_omitted = self._frames.read(traceback_of(error))
        related = []
        for other, how in chain_of(error):
            if id(other) not in self._seen and len(self._seen) < MAX_RELATED:
                related.append(self.read(other, how))
        return Raised(
            type=statics.type_name(type(error)),
            message=message,
            notes=notes,
            attributes=attributes,
            frames=frames,
            n_omitted=n_omitted,
            relation=relation,
            related=tuple(related),
        )

    def message(self, error: BaseException) -> str:
        """Return what `str` would give, if no code of the program takes part in that; else what it was made of."""
        cls = type(error)
        args = _ARGS.__get__(error)
        if statics.derives(cls, BaseExceptionGroup):
            n = len(_MEMBERS.__get__(error))
            return self._clean(f"{_GROUP_MESSAGE.__get__(error)} ({n} sub-exception{'s' if n > 1 else ''})")
        if len(args) == 1 and type(args[0]) is str and not statics.derives(cls, KeyError):
            return self._clean(args[0])
        to_text = statics.find_attribute(cls, "__str__")
        told = dict(_syntax_of(error)).values() or args
        if type(to_text) is types.WrapperDescriptorType and all(map(_is_plain, told)) and _is_built_in(to_text):
            return self._clean(to_text(error))
        return self._writer.write(args)[1:-1].removesuffix(",") if args else ""

    def _clean(self, text: str) -> str:
        cut = text[:_MAX_MESSAGE_CHARS].encode("utf-8", "backslashreplace").decode()
        n_more = len(text) - min(len(text), _MAX_MESSAGE_CHARS)
        return self._writer.redactor.redact_text(cut) + (f"… {n_more:,} more characters" if n_more else "")

    def _notes(self, error: BaseException) -> tuple[str, ...]:
        notes = (statics.layout_of(type(error)).namespace_of(error) or {}).get("__notes__", ())
        if type(notes) is not list:
            return ()
        return tuple(self._clean(note) for note in notes[:MAX_RELATED] if type(note) is str)

    def _attributes(self, error: BaseException) -> dict[str, str]:
        found: dict[str, str] = {}
        # the message has neither the line nor the folder of its file
        told = [(name, value) for name, value in _syntax_of(error) if name != "msg" and value is not None]
        for name, value in [*told, *statics.layout_of(type(error)).read(error)]:
            if len(found) < MAX_LOCALS and name not in ("__notes__", MARK) and type(name) is str:
                found[name] = self._writer.write_named(name, value)
        return found


def _syntax_of(error: BaseException) -> Iterator[tuple[str, Any]]:
    """Yield what a syntax error tells of its place; nothing of other exceptions."""
    if statics.derives(type(error), SyntaxError):
        yield from ((name, descriptor.__get__(error)) for name, descriptor in _OF_SYNTAX)


def _is_plain(value: Any) -> bool:
    return type(value) in _PLAIN and (type(value) is not int or value.bit_length() <= _MAX_INT_BITS)


def _is_built_in(descriptor: types.WrapperDescriptorType) -> bool:
    """Say whether a `__str__` is one of the interpreter's own exceptions', which only look at arguments."""
    return statics.reference_of_class(descriptor.__objclass__)[0] == "builtins"
