"""Protocol buffers, as far as writing needs them: single messages, and a million alike at once.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VARINT, _FIXED64, _LENGTH = 0, 1, 2
_BITS = 7
_MORE = 0x80


def varint(number: int) -> bytes:
    """Write a number of 0 and more, seven bits a byte."""
    out = bytearray()
    while number >= _MORE:
        out.append(number & 0x7F | _MORE)
        number >>= _BITS
    out.append(number)
    return bytes(out)


def integer(field: int, number: int) -> bytes:
    """Write an integer field; a negative number is written in 64 bits."""
    return varint(field << 3 | _VARINT) + varint(number & 0xFFFFFFFFFFFFFFFF)


def fixed64(field: int, number: int) -> bytes:
    """Write a field of 64 bits."""
    return varint(field << 3 | _FIXED64) + number.to_bytes(8, "little")


def nested(field: int, *parts: bytes) -> bytes:
    """Write a field that holds a message."""
    content = b"".join(parts)
    return varint(field << 3 | _LENGTH) + varint(len(content)) + content


def text(field: int, string: str) -> bytes:
    """Write a text field; lone surrogates, which UTF-8 lacks, are escaped."""
    return nested(field, string.encode("utf-8", "backslashreplace"))


def padded_varints(numbers: NDArray[np.int64], n_bytes: int) -> NDArray[np.uint8]:
    """Write numbers in as many bytes each as one of them may need: shape `(n, n_bytes)`.

    A varint may be longer than its number needs; of equal length, messages are rows of an array.
    """
    shifts = np.arange(n_bytes) * _BITS
    septets = (numbers[:, None] >> shifts & 0x7F).astype(np.uint8)
    septets[:, :-1] |= _MORE
    return septets
