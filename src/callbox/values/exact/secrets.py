"""Whether an encoded value holds a secret: every text and every key in it is looked at."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from callbox.values.exact.wire import FillTag, Tag, unseal
from callbox.values.redact import Redactor, project_redactor

_DICTS = frozenset({Tag.DICT, Tag.ORDERED_DICT, Tag.DEFAULT_DICT})
_KEYED = (str, bytes)
"""What a key can make a secret; an object under `token` is one of the program's tokens."""
_NUMBERS = "biufcmM"
_BYTES = ("u1", "i1")
"""Arrays of numbers hold no text, but those of bytes may."""

_MAX_BINARY_BYTES = 1 << 16
_MAX_KNOWN = 20_000
_MAX_KNOWN_CHARS = 200

_decoder = msgspec.msgpack.Decoder()


def find_secret(data: bytes, parameters: tuple[str, ...] = ()) -> str:
    """Return the rule that some part of an encoded value breaks; empty if none does.

    Args:
        data: what `callbox.values.exact.encode` returned.
        parameters: names of the items, where the value is a tuple of arguments.
    """
    _, shells, steps, root = _decoder.decode(unseal(data))
    redactor = project_redactor()
    tags = [shell[0] if type(shell) is list else shell for shell in shells]
    values = [step for step in steps if step[0] > FillTag.LAST]
    if parameters and type(root) is list and values[root[0]][0] == Tag.TUPLE:
        for key, value in zip(parameters, values[root[0]][1:], strict=False):
            if type(value) in _KEYED and value and (rule := redactor.redact_key(key)):
                return f"argument {key} looks like a secret ({rule})"
    texts: set[str] = set()
    for step in steps:
        tag = step[0]
        is_state = tag == FillTag.STATE
        if is_state and _known.keys_are_plain(step[2][::2]):
            _add_texts(step[2][1::2], texts)
            continue
        is_keyed = is_state or (tag == FillTag.ITEMS and tags[step[1]] in _DICTS)
        if is_keyed and (rule := _find_keyed(step[2], redactor)):
            return rule
        if not _is_numbers(step):
            _add_texts(step[1:], texts)
    _add_texts([root], texts)
    return "a text in it looks like a secret" if has_secret(texts) else ""


def has_secret(texts: Collection[str]) -> bool:
    """Say whether one of some texts holds a secret."""
    unknown = [text for text in texts if text not in _known.texts]
    if not unknown:
        return False
    if project_redactor().redact_texts(unknown) != unknown:
        return True
    _known.add_texts(unknown)
    return False


class _Known:
    """Texts and names of attributes that were looked at and are no secrets: the same ones come again and again."""

    def __init__(self) -> None:
        self.texts: set[str] = set()
        self._keys: set[str] = set()

    def add_texts(self, texts: list[str]) -> None:
        if len(self.texts) > _MAX_KNOWN:
            self.texts.clear()
        self.texts.update(text for text in texts if len(text) <= _MAX_KNOWN_CHARS)

    def keys_are_plain(self, keys: list[str]) -> bool:
        if self._keys.issuperset(keys):
            return True
        if len(self._keys) > _MAX_KNOWN or any(map(project_redactor().redact_key, keys)):
            return False
        self._keys.update(keys)
        return True


_known = _Known()


def _find_keyed(row: list[Any], redactor: Redactor) -> str:
    for key, value in zip(row[::2], row[1::2], strict=True):
        if type(key) is str and type(value) in _KEYED and value and (rule := redactor.redact_key(key)):
            return f"what stands under {key!r} looks like a secret ({rule})"
    return ""


def _is_numbers(step: list[Any]) -> bool:
    if step[0] != Tag.NDARRAY or type(step[1]) is not str:
        return False
    dtype = step[1].strip('"')[1:]  # without its byte order; a structured one is a list
    return dtype[:1] in _NUMBERS and dtype not in _BYTES


def _add_texts(row: list[Any], texts: set[str]) -> None:
    for part in row:
        if type(part) is str:
            texts.add(part)
        elif type(part) is list:
            if len(part) != 1 or type(part[0]) is not int:  # else it is a reference
                _add_texts(part, texts)
        elif type(part) is bytes:
            texts.add(_as_text(part))


def _as_text(data: bytes) -> str:
    """Return bytes as text: of what is no text, packed data most often, the beginning."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data[:_MAX_BINARY_BYTES].decode("latin-1")
