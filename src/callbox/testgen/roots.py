"""Objects that stand inside others which they know: built by building the outermost, and going in from there.

A token of a statement refers to the statement it is in. Its constructor does not make
that statement; the statement's constructor makes both.
"""

from __future__ import annotations

import inspect
from collections.abc import Container, Mapping
from typing import Any

from callbox.values import statics

_MAX_LEVELS = 50
_MAX_PARTS = 10_000
_MAX_REPAIRS = 300
_ATOMS = (type(None), bool, int, float, str, bytes)
Constructor = tuple[tuple[str, str], ...]


def guess_constructor(cls: type) -> Constructor | None:
    """Pair the parameters of a constructor with attributes of the same name."""
    try:
        parameters = list(inspect.signature(cls).parameters.values())
    except (TypeError, ValueError):
        return None
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if any(p.kind is p.POSITIONAL_ONLY for p in named):
        return None
    return tuple((p.name, p.name) for p in named)


def is_ordinary(cls: type) -> bool:
    """Say whether instances of a class are made of slots and a dictionary alone."""
    layout = statics.layout_of(cls)
    return layout.problem is None and layout.base is object and cls.__module__ not in ("builtins", "types")


class Reference(str):
    """A place that another place shall refer to."""

    __slots__ = ()


def find_root(value: Any) -> tuple[Any, str]:
    """Follow the objects that hold a value in what their constructors take, and that it refers to.

    Returns:
        The outermost, and how to get from there to the value: `.tokens[2].tokens[0]`; the value itself
        and an empty text if it is in none.
    """
    path = ""
    for _ in range(_MAX_LEVELS):
        owner, step = _find_owner(value)
        if owner is None:
            break
        value, path = owner, step + path
    return value, path


def _find_owner(value: Any) -> tuple[Any, str]:
    if not is_ordinary(type(value)):
        return None, ""
    for _, other in statics.layout_of(type(value)).read(value):
        if other is not value and is_ordinary(type(other)):
            step = _step_to(other, value)
            if step:
                return other, step
    return None, ""


def _step_to(owner: Any, value: Any) -> str:
    """Return the attribute or item by which an object's constructor is given a value."""
    state: Mapping[str, Any] = dict(statics.layout_of(type(owner)).read(owner))
    for _, attribute in guess_constructor(type(owner)) or ():
        held = state.get(attribute)
        if held is value:
            return f".{attribute}"
        if isinstance(held, (list, tuple)):
            index = next((i for i, item in enumerate(held) if item is value), None)
            if index is not None:
                return f".{attribute}[{index}]"
    return ""


def find_repairs(made: Any, wanted: Any, name: str, constants: Container[int]) -> list[tuple[str, Any]] | None:
    """Find the attributes that a constructor set otherwise than they were.

    Args:
        made: what the constructor gave.
        wanted: what it should have given.
        name: what the source calls it.
        constants: identities of what is named rather than written.

    Returns:
        Places such as `statement.tokens[2].value` with what belongs there; None if the two differ in more
        than a few attributes, or in some that lead out of what was made. A `Reference` is another place.
    """
    repairs: list[tuple[str, Any]] = []
    places: dict[int, str] = {}
    partners: dict[int, Any] = {}
    taken: set[int] = set()
    elsewhere: list[tuple[str, Any]] = []
    waiting = [(made, wanted, name)]
    while waiting and len(places) < _MAX_PARTS and len(repairs) + len(elsewhere) <= _MAX_REPAIRS:
        ours, theirs, place = waiting.pop(0)
        if ours is theirs:
            continue
        if type(theirs) in _ATOMS or id(theirs) in constants:
            if type(ours) is not type(theirs) or ours != theirs:
                repairs.append((place, theirs))
            continue
        if id(theirs) in places:
            if partners[id(theirs)] is not ours:
                elsewhere.append((place, theirs))
            continue
        parts = None if id(ours) in taken and type(ours) is not tuple else _parts(ours, theirs, place)
        if parts is None:
            elsewhere.append((place, theirs))
            continue
        places[id(theirs)], partners[id(theirs)] = place, ours
        taken.add(id(ours))
        waiting.extend(parts)
    if waiting or any(id(value) not in places for _, value in elsewhere):
        return None
    return [*repairs, *((place, Reference(places[id(value)])) for place, value in elsewhere)]


def _parts(ours: Any, theirs: Any, place: str) -> list[tuple[Any, Any, str]] | None:
    """Pair the parts of two values of one shape; None if they have another."""
    if type(ours) is not type(theirs):
        return None
    if type(theirs) in (list, tuple):
        pairs = zip(ours, theirs, strict=True) if len(ours) == len(theirs) else None
        return None if pairs is None else [(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(pairs)]
    if not is_ordinary(type(theirs)):
        return []
    mine, wanted = (dict(statics.layout_of(type(v)).read(v)) for v in (ours, theirs))
    if mine.keys() != wanted.keys():
        return None
    return [(mine[key], wanted[key], f"{place}.{key}") for key in wanted]
