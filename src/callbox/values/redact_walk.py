"""Redacting what containers hold: keys decide over their values, texts are looked at together."""

from __future__ import annotations

import dataclasses
from itertools import repeat
from operator import is_
from types import NoneType
from typing import TYPE_CHECKING, Any

from callbox.values import frozen, statics

if TYPE_CHECKING:
    from callbox.values.redact import Redactor

_MAX_DEPTH = 200
_PLAIN = frozenset(map(id, (type(None), bool, float, complex)))
_SAYS_NOTHING = frozenset(map(id, (type(None), bool)))
"""Types whose values are no secret under any key. Types go by identity: a metaclass may hash its own by code."""
_MIN_CARD, _MAX_CARD = 10**12, 10**19
_UNKNOWN = object()
_TOO_DEEP = "[redacted: nested too deeply to look at]"


class Walk:
    """One value being redacted. Containers are copied once, so aliases and cycles are kept."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._copies: dict[int, Any] = {}

    def value(self, value: Any, depth: int) -> Any:
        """Return a redacted copy of a value."""
        kind = type(value)
        if kind is str:
            return self._redactor.redact_text(value)
        if id(kind) in _PLAIN:
            return value
        if kind is int:
            return self._int(value)
        if kind is bytes or kind is bytearray:
            return self._bytes(value)
        if id(value) in self._copies:
            return self._copies[id(value)]
        if depth > _MAX_DEPTH:
            return _TOO_DEEP
        walk = _WALKS.get(id(kind))
        return self._object(value) if walk is None else walk(self, value, depth + 1)

    def pairs(self, pairs: Any, depth: int) -> list[tuple[Any, Any]]:
        """Return redacted keys and values."""
        found: list[tuple[Any, Any]] = []
        texts: list[str] = []
        places: list[int] = []
        verdicts = self._redactor.verdicts
        for key, item in pairs:
            kind = type(item)
            if type(key) is str:
                rule = verdicts[key] if key in verdicts else self._redactor.redact_key(key)
                if rule is not None and id(kind) not in _SAYS_NOTHING:
                    item = self._redactor.replace(f"key {rule}", key, item)
                    kind = NoneType
            elif key is not None:
                key = self.value(key, depth)
            if kind is str:
                texts.append(item)
                places.append(len(found))
            elif id(kind) not in _PLAIN:
                item = self.value(item, depth)
            found.append((key, item))
        redacted = self._redactor.redact_texts(texts) if texts else texts
        if redacted is not texts:
            for place, text in zip(places, redacted, strict=True):
                found[place] = found[place][0], text
        return found

    def _int(self, value: int) -> Any:
        if not _MIN_CARD <= value < _MAX_CARD or not self._redactor.is_card(str(value)):
            return value
        return self._redactor.replace("credit card", None, value)

    def _bytes(self, value: bytes | bytearray) -> Any:
        text = value.decode("latin-1")
        redacted = self._redactor.redact_text(text)
        return value if redacted == text else type(value)(redacted.encode("latin-1", "replace"))

    def _object(self, value: Any) -> Any:
        rule = self._redactor.redact_type(statics.type_name(type(value)))
        return value if rule is None else self._redactor.replace(rule, None, value)

    def _list(self, value: list[Any], depth: int) -> list[Any]:
        copy: list[Any] = []
        self._copies[id(value)] = copy
        copy += self._items(value, depth)
        return copy

    def _dict(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        copy: dict[Any, Any] = {}
        self._copies[id(value)] = copy
        if not all(map(is_, map(type, value), repeat(str))):
            pairs = self.pairs(value.items(), depth)
            copy.update(pairs)
            return copy if len(copy) == len(pairs) else _number_keys(copy, pairs)
        copy.update(value)
        rules = list(map(self._redactor.verdicts.get, value, repeat(_UNKNOWN)))
        secrets = self._mark_secrets(copy, rules) if any(rules) else ()
        texts, text_keys = [], []
        for key, item in value.items():
            kind = type(item)
            if secrets and key in secrets:
                continue
            if kind is str:
                texts.append(item)
                text_keys.append(key)
            elif id(kind) not in _PLAIN and (kind is not int or item >= _MIN_CARD):
                copy[key] = self.value(item, depth)
        redacted = self._redactor.redact_texts(texts)
        if redacted is not texts:
            copy.update(zip(text_keys, redacted, strict=True))
        return copy if not self._redactor.cleaned else self._clean_keys(copy)

    def _mark_secrets(self, copy: dict[str, Any], rules: list[Any]) -> set[str]:
        """Replace what stands under keys that say it is a secret; return these keys."""
        secrets = set()
        for (key, item), known in zip(list(copy.items()), rules, strict=True):
            rule = self._redactor.redact_key(key) if known is _UNKNOWN else known
            if rule is not None and id(type(item)) not in _SAYS_NOTHING:
                copy[key] = self._redactor.replace(f"key {rule}", key, item)
                secrets.add(key)
        return secrets

    def _clean_keys(self, copy: dict[str, Any]) -> dict[str, Any]:
        pairs = [(self._redactor.clean_key(key), item) for key, item in copy.items()]
        copy.clear()
        copy.update(pairs)
        return copy if len(copy) == len(pairs) else _number_keys(copy, pairs)

    def _tuple(self, value: tuple[Any, ...], depth: int) -> tuple[Any, ...]:
        return tuple(self._items(value, depth))

    def _set(self, value: Any, depth: int) -> Any:
        return type(value)(self._items(value, depth))

    def _items(self, items: Any, depth: int) -> list[Any]:
        return [item for _, item in self.pairs(((None, item) for item in items), depth)]

    # Frozen values

    def _frozen_items(self, value: frozen.FrozenItems, depth: int) -> Any:
        return frozen.FrozenItems(value.kind, tuple(self._items(value.items, depth)), value.n_items)

    def _frozen_dict(self, value: frozen.FrozenDict, depth: int) -> Any:
        return frozen.FrozenDict(tuple(self.pairs(value.items, depth)), value.n_items)

    def _frozen_object(self, value: frozen.FrozenObject, depth: int) -> Any:
        rule = self._redactor.redact_type(value.type_name)
        if rule is not None:
            return self._redactor.replace(rule, None, value)
        attributes = tuple(self.pairs(value.attributes, depth))
        content = value.content if value.content is frozen.Absent.ABSENT else self.value(value.content, depth)
        return dataclasses.replace(value, attributes=attributes, content=content)

    def _frozen_text(self, value: frozen.FrozenText, depth: int) -> Any:
        beginning = self.value(value.beginning, depth)
        return value if beginning == value.beginning else frozen.FrozenText(beginning, value.length)


def _number_keys(copy: dict[Any, Any], pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """Keep apart keys that became the same marker."""
    copy.clear()
    copy.update((f"{key} #{n}" if type(key) is str else key, item) for n, (key, item) in enumerate(pairs, 1))
    return copy


_WALKS: dict[int, Any] = {
    id(list): Walk._list,
    id(dict): Walk._dict,
    id(tuple): Walk._tuple,
    id(set): Walk._set,
    id(frozenset): Walk._set,
    id(frozen.FrozenItems): Walk._frozen_items,
    id(frozen.FrozenDict): Walk._frozen_dict,
    id(frozen.FrozenObject): Walk._frozen_object,
    id(frozen.FrozenText): Walk._frozen_text,
}
