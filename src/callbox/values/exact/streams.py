"""Streams in memory: `io.StringIO` and `io.BytesIO`, with what they hold and where they stand.

Their `__getstate__` is C that copies the content, and moves nothing.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from callbox.errors import FormatError
from callbox.values import statics
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

STREAMS = (io.StringIO, io.BytesIO)
_TEXT = STREAMS.index(io.StringIO)
_NEWLINES = (None, "", "\n", "\r", "\r\n")


class StreamState(NamedTuple):
    """What a stream in memory is.

    Attributes:
        content: text or bytes; None if it is closed, as nobody can read it then.
        newline: what it was opened with; of bytes None.
        position: of its next character or byte.
        attributes: those that the program gave it.
    """

    content: Any
    newline: str | None = None
    position: int = 0
    attributes: dict[str, Any] | None = None


def state_of(stream: Any) -> StreamState | None:
    """Return what a stream in memory is, and leave it where it is; None for values of other types."""
    cls = type(stream)
    if cls is not io.StringIO and cls is not io.BytesIO:
        return None
    try:
        content, *state = statics.find_attribute(cls, "__getstate__")(stream)
    except ValueError:  # closed
        return StreamState(None)
    return StreamState(content, *(state if cls is io.StringIO else (None, *state)))


def _pack_stream(encoder: Encoder, value: Any, link: Link) -> Row:
    state = state_of(value) or StreamState(None)
    if state.attributes:
        raise RefusedPartError(link, f"it is a {type(value).__name__} with attributes of its own")
    return [STREAMS.index(type(value)), encoder.put(state.content, link), state.newline, state.position]


def _build_stream(decoder: Decoder, row: Row) -> Any:
    index, content, newline, position = decoder.values(row)
    stream: Any = STREAMS[index]()
    if content is None:
        stream.close()
        return stream
    is_text = index == _TEXT
    if type(content) is not (str if is_text else bytes) or newline not in _NEWLINES or type(position) is not int:
        raise FormatError("encoded value has a stream in memory of what is no text and no bytes")
    stream.__setstate__((content, newline, position, None) if is_text else (content, position, None))
    return stream


register(Eager(Tag.STREAM, STREAMS, _pack_stream, _build_stream, is_shared_by_content=False))
