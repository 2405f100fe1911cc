"""Writing what has no parts: numbers, text, bytes, constants."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from callbox.values.literals.layout import Group, Node, Pieces, Suffixed, text_node

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer

_MAX_DECIMAL_BITS = 4_000
"""Ints with more are written in hexadecimal: Python limits decimal digits, `sys.set_int_max_str_digits`."""
_BYTES_PER_LINE = 16


def write_atom(writer: Writer, value: Any) -> Node | None:
    """Return the source of an atom; None if the value is none."""
    cls = type(value)
    if cls is str:
        return _write_text(writer, value)
    if cls is int:
        return repr(value) if value.bit_length() <= _MAX_DECIMAL_BITS else hex(value)
    if cls is float:
        return write_float(writer, value)
    if value is None or cls is bool or value is Ellipsis or value is NotImplemented:
        return repr(value)
    if cls is bytes:
        return write_bytes(writer, value)
    return write_complex(writer, value) if cls is complex else None


def write_float(writer: Writer, value: float) -> str:
    """Return the source of a float: the shortest decimal that means it."""
    if math.isfinite(value):
        return repr(value)
    math_module = writer.names.module("math")
    if math.isnan(value):
        return f"{math_module}.nan"
    return f"{'-' if value < 0 else ''}{math_module}.inf"


def write_complex(writer: Writer, value: complex) -> str:
    """Return the source of a complex number: a sum where that keeps signs and sizes."""
    real, imag = value.real, value.imag
    if math.isfinite(real) and math.isfinite(imag) and math.copysign(1, real) > 0 and math.copysign(1, imag) > 0:
        return repr(value).strip("()") if not real else repr(value)
    return f"complex({write_float(writer, real)}, {write_float(writer, imag)})"


def _write_text(writer: Writer, value: str) -> Node:
    node = text_node(value, writer.style.width)
    if not writer.is_too_long(node):
        return node
    path = writer.side_file("txt", value.encode("utf-8", "surrogatepass"))
    decode = ".decode()" if _is_encodable(value) else '.decode("utf-8", "surrogatepass")'
    return Suffixed(Group("(", (path,), ")"), f".read_bytes(){decode}")


def _is_encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def write_bytes(writer: Writer, value: bytes) -> Node:
    """Return the source of bytes."""
    whole = _quote_bytes(value)
    if writer.is_too_long(whole):
        return Suffixed(Group("(", (writer.side_file("bin", value),), ")"), ".read_bytes()")
    if len(whole) <= writer.style.width // 2:
        return whole
    starts = range(0, len(value), _BYTES_PER_LINE)
    return Pieces(whole, tuple(_quote_bytes(value[start : start + _BYTES_PER_LINE]) for start in starts))


def _quote_bytes(value: bytes) -> str:
    text = repr(value)
    return f'b"{text[2:-1]}"' if text[1] == "'" and '"' not in text else text
