"""Frozen values as plain Python ones, where nothing of them was left out."""

from __future__ import annotations

import dataclasses
from typing import Any

from callbox.values.frozen import (
    Absent,
    Cut,
    FrozenArray,
    FrozenDict,
    FrozenItems,
    FrozenNames,
    FrozenObject,
    Member,
    Opaque,
    Reference,
    Written,
)

_PENDING = object()
_KINDS: dict[str, type] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_FROZEN = (FrozenItems, FrozenDict, FrozenObject, FrozenNames)
_HASHABLE = (type(None), bool, int, float, complex, str, bytes)


def to_plain(value: Any) -> Any:
    """Turn the containers in a frozen value that are whole into lists, tuples, dicts and sets.

    One that was met twice is one object again, also where a list or a dict holds itself. What is not whole stays
    as it is, and so do objects; a `Reference` that is left leads out of something that cannot hold itself here.
    """
    return _Builder().build(value) if type(value) in _FROZEN else value


class _Builder:
    """Builds one value. The containers and objects in it are numbered in the order in which they begin."""

    def __init__(self) -> None:
        self._made: list[Any] = []

    def build(self, value: Any) -> Any:
        builders = {FrozenItems: self._items, FrozenDict: self._dict, FrozenObject: self._object}
        builder: Any = builders.get(type(value))
        if builder is not None:
            number = len(self._made)
            self._made.append(_PENDING)
            self._made[number] = built = builder(value, number)
            return built
        if isinstance(value, Opaque | Written | Member | FrozenArray):
            self._made.append(value)
        if isinstance(value, FrozenNames):
            return FrozenNames(self._attributes(value.variables), value.n_variables)
        if isinstance(value, Reference):
            made = self._made[value.number] if value.number < len(self._made) else _PENDING
            return value if made is _PENDING else made
        return value

    def _items(self, value: FrozenItems, number: int) -> Any:
        is_whole = len(value.items) == value.n_items
        if value.kind == "list" and is_whole:
            # There before its items are: they may refer to it.
            items: list[Any] = []
            self._made[number] = items
            items += map(self.build, value.items)
            return items
        built = tuple(map(self.build, value.items))
        if is_whole and value.kind in _KINDS:
            try:
                plain = _KINDS[value.kind](built)
            except TypeError:
                pass
            else:
                if len(plain) == value.n_items:
                    return plain
        return FrozenItems(value.kind, built, value.n_items)

    def _dict(self, value: FrozenDict, number: int) -> Any:
        is_whole = len(value.items) == value.n_items
        if is_whole and all(type(key) in _HASHABLE for key, _ in value.items):
            pairs: dict[Any, Any] = dict.fromkeys(key for key, _ in value.items)
            if len(pairs) == value.n_items:
                self._made[number] = pairs
                for key, item in value.items:
                    pairs[key] = self.build(item)
                return pairs
        built = tuple((self.build(key), self.build(item)) for key, item in value.items)
        if is_whole and not any(isinstance(key, Cut) for key, _ in built):
            try:
                plain = dict(built)
            except TypeError:
                pass
            else:
                if len(plain) == value.n_items:
                    return plain
        return FrozenDict(built, value.n_items)

    def _object(self, value: FrozenObject, _: int) -> FrozenObject:
        content = value.content if value.content is Absent.ABSENT else self.build(value.content)
        return dataclasses.replace(value, content=content, attributes=self._attributes(value.attributes))

    def _attributes(self, attributes: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
        return tuple((name, self.build(attribute)) for name, attribute in attributes)
