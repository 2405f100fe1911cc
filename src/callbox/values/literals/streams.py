"""Writing streams in memory: what they hold, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbox.values.exact.streams import STREAMS, StreamState, state_of
from callbox.values.literals.families import Built, Writing, register
from callbox.values.literals.layout import Node, call
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


def _write_stream(writer: Writer, value: Any, link: Link) -> Built:
    """Write a call of the class, and a statement that brings the stream to where it stands."""
    content, newline, position, attributes = state_of(value) or StreamState(None)
    if attributes:
        raise RefusedPartError(link, f"it is a {type(value).__name__} with attributes of its own")
    name = writer.names.refer("io", type(value).__name__)
    if content is None:
        return _moved(writer, call(name), "close")
    is_default = newline == ("\n" if type(content) is str else None)
    keywords: list[tuple[str, Node]] = [] if is_default else [("newline", repr(newline))]
    if newline in ("\r", "\r\n") and "\n" in content:
        raise RefusedPartError(link, f"no constructor gives a StringIO with newline={newline!r} this text")
    source = writer.write(content, link)
    if position and position == len(content):
        return _moved(writer, call(name, (), keywords), "write", source)
    made = call(name, [source] if content else [], keywords)
    return _moved(writer, made, "seek", repr(position)) if position else Built(made, None, _write_nothing)


def _moved(writer: Writer, made: Node, method: str, *arguments: Node) -> Built:
    def move(variable: str) -> None:
        writer.add_statement(call(f"{variable}.{method}", arguments))

    return Built(made, move, _write_nothing)


def _write_nothing(_: str) -> None:
    """Nothing that a stream holds leads back to it."""


register(Writing(_write_stream, has_identity=True), *STREAMS)
