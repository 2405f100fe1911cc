"""What calls can be told apart by without looking far: types, emptiness, signs."""

from __future__ import annotations

from typing import Any, TypeAlias

Shape: TypeAlias = tuple[Any, ...]

_SIZED = frozenset({str, bytes, list, tuple, dict, set, frozenset})
_NUMBERS = frozenset({int, float})
_FEW = 2


def shape_of(arguments: tuple[Any, ...]) -> Shape:
    """Return what is equal for calls that are probably alike; runs no code of the arguments."""
    return tuple(map(_shape, arguments))


def _shape(value: Any) -> Any:
    cls = type(value)
    if type(cls) is not type:
        return id(cls)  # a metaclass may hash its classes by code of its own
    if cls in _SIZED:
        n = len(value)
        return cls, n if n < _FEW else _FEW
    if cls in _NUMBERS:
        return cls, (value > 0) - (value < 0)
    return cls if cls is not bool and value is not None else value
