"""Which comparison fits which types."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callbox.values import statics

if TYPE_CHECKING:
    from callbox.values.compare.rules import Rules
    from callbox.values.compare.walk import Comparer
    from callbox.values.paths import Link


@dataclass(frozen=True, slots=True)
class Family:
    """How values of some types are compared.

    Attributes:
        run: compares two values; notes differences and pushes parts.
        can_hold: whether such values hold others, so that a cycle may lead back to them.
    """

    run: Callable[[Comparer, Any, Any, Link, Rules], None]
    can_hold: bool = False


_families: dict[int, Family] = {}
"""By identity of the exact type."""
_bases: list[tuple[type, Family]] = []
"""For subclasses, the first base that fits."""
_lenient: list[tuple[tuple[type, ...], Family]] = []
"""Types whose values may equal one another where types do not matter."""
_LIBRARIES = {"numpy": "arrays", "pandas": "frames", "pyarrow": "frames", "scipy": "frames"}


def register(family: Family, *types: type) -> None:
    """Make a family known for exact types."""
    _families.update((id(cls), family) for cls in types)


def register_base(family: Family, *bases: type) -> None:
    """Make a family known for every class that derives from one of these, unless an earlier one claims it."""
    _bases.extend((base, family) for base in bases)


def register_lenient(family: Family, *types: type) -> None:
    """Let values of any of these types, and of subclasses, equal one another where types do not matter."""
    _lenient.append((types, family))


def find_comparison(cls: type) -> Family | None:
    """Return how two values of exactly this class are compared; None if callbox cannot look inside."""
    family = _families.get(id(cls))
    if family is None:
        _load_libraries_of(cls)
        family = _families.get(id(cls)) or _find_by_base(cls)
    return family


def find_lenient_comparison(cls: type, other: type) -> Family | None:
    """Return how values of different classes are compared where types do not matter; None if they never agree."""
    for klass in (cls, other):
        _load_libraries_of(klass)
    for types, family in _lenient:
        if all(any(statics.derives(klass, base) for base in types) for klass in (cls, other)):
            return family
    return None


def _find_by_base(cls: type) -> Family | None:
    return next((family for base, family in _bases if statics.derives(cls, base)), None)


def _load_libraries_of(cls: type) -> None:
    for root in statics.root_modules(cls):
        module = _LIBRARIES.get(root)
        if module is not None and root in sys.modules:
            importlib.import_module(f"callbox.values.compare.{module}").register_loaded()
