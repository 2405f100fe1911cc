"""What the codec knows of each kind of value, and which kind a value is.

A kind is *eager* or *deferred*. Eager values cannot be in a cycle by themselves: their
parts are written before them, and they are built whole. Deferred ones are mutable: they
begin as a shell that others may refer to and get their contents later.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from callbox.values import statics
from callbox.values.exact.wire import Tag

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

Row: TypeAlias = list[Any]


@dataclass(frozen=True, slots=True)
class Eager:
    """A kind that is built whole.

    Attributes:
        tag: its number in the bytes.
        types: the exact types it stands for.
        pack: returns the elements of its row after the tag.
        build: makes the value of those elements.
        is_shared_by_content: equal values become one; False for what has an identity worth keeping.
    """

    tag: int
    types: Sequence[type]
    pack: Callable[[Encoder, Any, Link], Row]
    build: Callable[[Decoder, Row], Any]
    is_shared_by_content: bool = True


@dataclass(frozen=True, slots=True)
class Deferred:
    """A kind that begins as a shell.

    Attributes:
        tag: its number in the bytes.
        types: the exact types it stands for; the first is what subclasses of it build on.
        open: returns what its shell has besides tag and class; None where that is nothing.
        fill: writes the steps that complete it.
        create: makes the empty value, of a subclass where one is given.
        restore: puts the items of an ITEMS step into it.
        write_fields: sets what C keeps of it, from a FIELDS step.
    """

    tag: int
    types: Sequence[type]
    open: Callable[[Any], Row] | None
    fill: Callable[[Encoder, Any, int, Link], None]
    create: Callable[[Decoder, type | None, Row], Any]
    restore: Callable[[Decoder, Any, Row], None]
    write_fields: Callable[[Any, dict[str, Any]], None] | None = None


Kind: TypeAlias = Eager | Deferred

_kinds: dict[int, Kind] = {}
"""By identity of the type: looking a type up by hash would run its metaclass."""
_tags: dict[int, Kind] = {}

_FAMILIES = {"numpy": "arrays", "pandas": "frames", "pyarrow": "arrow", "scipy": "sparse"}
_FAMILIES_OF_TAGS = (
    (range(Tag.DTYPE, Tag.TEXT_SCALAR + 1), "numpy"),
    (range(Tag.FRAME, Tag.PANDAS_CONSTANT + 1), "pandas"),
    (range(Tag.ARROW, Tag.ARROW + 1), "pyarrow"),
    (range(Tag.SPARSE, Tag.SPARSE + 1), "scipy"),
)


def register(*kinds: Kind) -> None:
    """Make kinds known to encoder and decoder."""
    for kind in kinds:
        _tags[kind.tag] = kind
        _kinds.update((id(cls), kind) for cls in kind.types)


def kind_of(cls: type) -> Kind | None:
    """Return the kind of an exact type, loading what callbox knows of its library; None for other classes."""
    kind = _kinds.get(id(cls))
    if kind is None and _load_families_of(cls):
        kind = _kinds.get(id(cls))
    return kind


def kind_with_tag(tag: Any) -> Kind:
    """Return the kind that a tag stands for.

    Raises:
        LookupError: there is none.
    """
    kind = _tags.get(tag) if type(tag) is int else None
    if kind is None:
        raise LookupError(f"unknown tag {tag!r}")
    return kind


def library_of_tag(tag: Any) -> str | None:
    """Name the library that a tag's values belong to; None for the standard library's."""
    return next((library for tags, library in _FAMILIES_OF_TAGS if tag in tags), None)


def load_family(library: str) -> None:
    """Load what callbox knows of a library."""
    importlib.import_module(f"callbox.values.exact.{_FAMILIES[library]}")


def _load_families_of(cls: type) -> bool:
    libraries = {root for root in statics.root_modules(cls) if root in _FAMILIES and root in sys.modules}
    missing = [name for name in libraries if f"callbox.values.exact.{_FAMILIES[name]}" not in sys.modules]
    for name in missing:
        load_family(name)
    return bool(missing)
