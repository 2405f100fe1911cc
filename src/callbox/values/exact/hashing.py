"""Hashing what was decoded: only where no stranger's code runs, and where it ends soon.

Tuples do not remember their hash. A few bytes of tuples that hold one another twice
would take years to hash, and a deep chain of them would exhaust the C stack.
"""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import pathlib
import types
import zoneinfo
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from callbox.errors import FormatError
from callbox.values import statics
from callbox.values.exact.allow import Allow
from callbox.values.exact.scalars import SCALARS

_MAX_WEIGHT = 100_000_000
"""Values that hashing all keys may visit in total: seconds, not years."""

_WITHOUT_ZONE = SCALARS - {dt.datetime, dt.time}
"""Types whose hash asks nobody else."""

_GENERATED_FILES = ("<string>", "<attrs generated")
"""What dataclasses, named tuples and attrs give as the file of the methods they write."""

_LIBRARY_CLASSES: tuple[type, ...] = (
    *(enum.Enum, Fraction, pathlib.PurePath, zoneinfo.ZoneInfo),
    *(ipaddress._BaseAddress, ipaddress._BaseNetwork),
    *(ipaddress.IPv6Address, ipaddress.IPv4Interface, ipaddress.IPv6Interface),
)
_LIBRARY_METHODS = frozenset(
    id(cls.__dict__[name]) for cls in _LIBRARY_CLASSES for name in ("__hash__", "__eq__") if name in cls.__dict__
)


class HashGuard:
    """Weighs keys and set elements before they are hashed."""

    def __init__(self, allow: Allow) -> None:
        self._allow = allow
        self._weights: dict[int, int] = {}
        self._kept: list[Any] = []
        self._total = 0

    def check(self, key: Any) -> None:
        """Check that a key may be hashed.

        Raises:
            FormatError: its hash would run code that is not allowed, or take too long.
        """
        if type(key) is tuple and set(map(type, key)) <= _WITHOUT_ZONE:
            self._total += len(key)
        else:
            self._total += self._weigh(key)
        if self._total > _MAX_WEIGHT:
            raise FormatError("encoded value has keys that would take too long to hash")

    def check_unhashed(self, shell: Any) -> None:
        """Check that a shell's contents come before its first hash, which could depend on them."""
        if id(shell) in self._weights:
            raise FormatError("encoded value changes an object after it became a key")

    def _weigh(self, value: Any) -> int:
        cls = type(value)
        if cls in _WITHOUT_ZONE:
            return 1
        hasher = statics.find_attribute(cls, "__hash__")
        if hasher is None or hasher is object.__hash__ or hasher is type.__hash__:
            return 1
        known = self._weights.get(id(value))
        if known is None:
            self._check_methods(cls, hasher)
            self._kept.append(value)
            self._weights[id(value)] = 1
            weight = 1 + sum(self._weigh(part) for part in _hashed_parts(value, cls))
            known = self._weights[id(value)] = min(weight, _MAX_WEIGHT + 1)
        return known

    def _check_methods(self, cls: type, hasher: Any) -> None:
        module = statics.reference_of_class(cls)[0]
        methods = (hasher, statics.find_attribute(cls, "__eq__"))
        if not all(_is_harmless(method) for method in methods) and not self._allow.names_module(module):
            raise FormatError(
                f"encoded value has a {statics.type_name(cls)} as a key, whose own __hash__ and __eq__ would run: "
                f"name its module, allow=[{module!r}]"
            )


def _is_harmless(method: Any) -> bool:
    """Say whether a `__hash__` or `__eq__` is C's, the standard library's or generated from fields."""
    if type(method) is not types.FunctionType:
        return type(method) is types.WrapperDescriptorType
    if id(method) in _LIBRARY_METHODS or method.__code__.co_filename.startswith(_GENERATED_FILES):
        return True
    return str(method.__globals__.get("__name__")).startswith("pydantic.")


def _hashed_parts(value: Any, cls: type) -> Iterable[Any]:
    """Yield what a value's hash may ask for its own hash."""
    if statics.derives(cls, tuple):
        yield from tuple.__iter__(value)
    elif statics.derives(cls, frozenset):
        yield from frozenset.__iter__(value)
    elif statics.derives(cls, dt.datetime) or statics.derives(cls, dt.time):
        yield value.tzinfo
    elif cls is slice:
        yield from (value.start, value.stop, value.step)
    if not statics.derives(cls, enum.Enum):
        for _, part in statics.layout_of(cls).read(value):
            yield part
