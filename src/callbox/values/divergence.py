"""Where two recorded values first differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from callbox.values.describe import describe
from callbox.values.frozen import Cut, FrozenDict, FrozenItems, FrozenObject, FrozenText

_MAX_DEPTH = 40
_WHOLE = 1 << 20
_MAX_CHARS = 80
_CONTEXT_CHARS = 20
"""How much of two long texts is shown before they part."""
_ABSENT = object()
_UNKNOWN = frozenset({Cut.OVERWRITTEN, Cut.MISSED, Cut.LOST, Cut.SPARED})


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first part in which two values differ.

    Attributes:
        path: where it is, e.g. `items[3].price`; the name of the value if it is all of it.
        before: its text in the first value; empty if it is not there.
        after: its text in the second.
    """

    path: str
    before: str
    after: str


def find_divergence(before: Any, after: Any, path: str) -> Divergence | None:
    """Find the first part in which two values differ, as a recording gives them.

    Identities are no part of a value, and the order of sets is none. What is not in the recording any more differs
    from nothing.

    Args:
        before: one value.
        after: the other.
        path: what to call them.
    """
    return _find(before, after, path, _MAX_DEPTH)


def _find(before: Any, after: Any, path: str, depth: int) -> Divergence | None:
    if _is_unknown(before) or _is_unknown(after):
        return None
    if type(before) is not type(after) or depth == 0 or (kind := _kind(before)) != _kind(after):
        return _compare_whole(before, after, path)
    if kind is None:
        return _compare_whole(before, after, path)
    for name, one, other in _parts(before, after):
        if one is _ABSENT or other is _ABSENT:
            return Divergence(f"{path}{name}", _text(one), _text(other))
        if (found := _find(one, other, f"{path}{name}", depth - 1)) is not None:
            return found
    return _compare_whole(before, after, path) if _size(before) != _size(after) else None


def _is_unknown(value: Any) -> bool:
    return isinstance(value, Cut) and value in _UNKNOWN


def _kind(value: Any) -> str | None:
    """Return what has to be the same for two values to be compared part by part; None if they are not to be."""
    if isinstance(value, FrozenObject):
        return value.type_name
    if isinstance(value, FrozenItems):
        return value.kind if value.kind in ("list", "tuple") else None
    return "" if isinstance(value, list | tuple | dict | FrozenDict) else None


def _parts(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, FrozenObject):
        yield from _named(dict(before.attributes), dict(after.attributes), ".{}")
    elif isinstance(before, dict | FrozenDict):
        yield from _named(_by_text(before), _by_text(after), "[{}]")
    else:
        one, other = _items(before), _items(after)
        for place in range(min(len(one), len(other))):
            yield f"[{place}]", one[place], other[place]
        # Where one of them was cut off, nothing is known of what comes after.
        if _size(before) == len(one) and _size(after) == len(other) and len(one) != len(other):
            place = min(len(one), len(other))
            yield f"[{place}]", (*one, _ABSENT)[place], (*other, _ABSENT)[place]


def _named(before: dict[str, Any], after: dict[str, Any], form: str) -> Iterator[tuple[str, Any, Any]]:
    for name in dict.fromkeys((*before, *after)):
        yield form.format(name), before.get(name, _ABSENT), after.get(name, _ABSENT)


def _by_text(value: Any) -> dict[str, Any]:
    pairs = value.items() if isinstance(value, dict) else value.items
    return {describe(key): item for key, item in pairs}


def _items(value: Any) -> tuple[Any, ...]:
    return value.items if isinstance(value, FrozenItems) else tuple(value)


def _size(value: Any) -> int:
    if isinstance(value, FrozenItems | FrozenDict):
        return value.n_items
    return value.n_attributes if isinstance(value, FrozenObject) else len(value)


def _compare_whole(before: Any, after: Any, path: str) -> Divergence | None:
    if isinstance(before, FrozenText) and isinstance(after, FrozenText):
        is_same = before == after
    else:
        is_same = type(before) is type(after) and describe(before, max_chars=_WHOLE) == describe(
            after, max_chars=_WHOLE
        )
    if is_same:
        return None
    if isinstance(before, str | bytes) and type(before) is type(after):
        start = max(0, _common(before, after) - _CONTEXT_CHARS)
        if start > _CONTEXT_CHARS:
            return Divergence(f"{path}[{start}:]", _text(before[start:]), _text(after[start:]))
    return Divergence(path, _text(before), _text(after))


def _common(before: str | bytes, after: str | bytes) -> int:
    """Count the characters or bytes with which two texts begin alike."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(before), len(after)))


def _text(value: Any) -> str:
    return "" if value is _ABSENT else describe(value, max_chars=_MAX_CHARS)
