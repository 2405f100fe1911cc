"""Whether an encoded value holds a secret: every text and every key in it is looked at."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import msgspec

from callbox.values.exact.wire import FillTag, Tag, unseal
from callbox.values.redact import Redactor

_DICTS = frozenset({Tag.DICT, Tag.ORDERED_DICT, Tag.DEFAULT_DICT})
_KEYED = (str, bytes)
"""What a key can make a secret; an object under `token` is one of the program's tokens."""
_NUMBERS = "biufcmM"
_BYTES = ("u1", "i1")
"""Arrays of numbers hold no text, but those of bytes may."""

_MAX_BINARY_BYTES = 1 << 16

_decoder = msgspec.msgpack.Decoder()


@functools.cache
def _redactor() -> Redactor:
    return Redactor()


def find_secret(data: bytes, parameters: tuple[str, ...] = ()) -> str:
    """Return the rule that some part of an encoded value breaks; empty if none does.

    Args:
        data: what `callbox.values.exact.encode` returned.
        parameters: names of the items, where the value is a tuple of arguments.
    """
    _, shells, steps, root = _decoder.decode(unseal(data))
    redactor = _redactor()
    tags = [shell[0] if type(shell) is list else shell for shell in shells]
    values = [step for step in steps if step[0] > FillTag.LAST]
    if parameters and type(root) is list and values[root[0]][0] == Tag.TUPLE:
        for key, value in zip(parameters, values[root[0]][1:], strict=False):
            if type(value) in _KEYED and value and (rule := redactor.redact_key(key)):
                return f"argument {key} looks like a secret ({rule})"
    texts: list[str] = []
    for step in steps:
        if rule := _find_keyed(step, tags, redactor):
            return rule
        if not _is_numbers(step):
            texts.extend(_iter_texts(step[1:]))
    texts.extend(_iter_texts([root]))
    return "a text in it looks like a secret" if has_secret(texts) else ""


def has_secret(texts: list[str]) -> bool:
    """Say whether one of some texts holds a secret."""
    return _redactor().redact_texts(texts) != texts


def _find_keyed(step: list[Any], tags: list[int], redactor: Redactor) -> str:
    if step[0] != FillTag.STATE and not (step[0] == FillTag.ITEMS and tags[step[1]] in _DICTS):
        return ""
    row = step[2]
    for key, value in zip(row[::2], row[1::2], strict=True):
        if type(key) is str and type(value) in _KEYED and value and (rule := redactor.redact_key(key)):
            return f"what stands under {key!r} looks like a secret ({rule})"
    return ""


def _is_numbers(step: list[Any]) -> bool:
    if step[0] != Tag.NDARRAY or type(step[1]) is not str:
        return False
    dtype = step[1].strip('"')[1:]  # without its byte order; a structured one is a list
    return dtype[:1] in _NUMBERS and dtype not in _BYTES


def _iter_texts(row: list[Any]) -> Iterator[str]:
    for part in row:
        if type(part) is str:
            yield part
        elif type(part) is list:
            yield from _iter_texts(part)
        elif type(part) is bytes:
            yield _as_text(part)


def _as_text(data: bytes) -> str:
    """Return bytes as text: of what is no text, packed data most often, the beginning."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data[:_MAX_BINARY_BYTES].decode("latin-1")
