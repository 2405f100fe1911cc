"""The order of set elements: by content, so that equal sets have equal bytes in every process.

Elements that refer to mutable things are told apart by what those hold near them; the
exact content of a graph with cycles has no order that could be found quickly. Where that
does not tell two elements apart, they keep the order in which the set yields them.
"""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import itertools
import pathlib
import re
import zoneinfo
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from callbox.values import statics
from callbox.values.exact.objects import has_plain_base, plain_base_value
from callbox.values.exact.references import is_named, reference_of
from callbox.values.exact.scalars import ATOM_IDS, careful_atom, pack_scalar
from callbox.values.exact.wire import pack

_REPR_IDS = frozenset(
    map(
        id,
        (
            *(range, re.Pattern, Fraction, dt.timezone, zoneinfo.ZoneInfo),
            *(pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath),
            *(ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network),
            *(ipaddress.IPv4Interface, ipaddress.IPv6Interface),
        ),
    )
)
"""Types of the standard library whose `repr` says all."""

_MAX_DEPTH = 3
_MAX_PARTS = 32


def sort_key(value: Any) -> bytes:
    """Return bytes that depend on a value's content alone."""
    return pack(_outline(value, _MAX_DEPTH, {}))


def _outline(value: Any, depth: int, known: dict[int, bytes]) -> Any:
    """Return nested lists that say what a value is, as deep as `depth` mutable levels."""
    cls = type(value)
    if statics.identity(cls) in ATOM_IDS:
        return careful_atom(value)
    scalar = pack_scalar(value)
    if scalar is not None:
        return scalar
    name = statics.type_name(cls)
    if statics.derives(cls, tuple):
        return [name, *(_outline(item, depth, known) for item in tuple.__iter__(value))]
    if statics.derives(cls, frozenset):
        if id(value) not in known:
            known[id(value)] = b"".join(sorted(pack(_outline(i, depth, known)) for i in frozenset.__iter__(value)))
        return [name, known[id(value)]]
    if id(cls) in _REPR_IDS or "numpy" in statics.root_modules(cls):
        return [name, repr(value)]
    if statics.derives(cls, type):
        return [name, *statics.reference_of_class(value)]
    if statics.derives(cls, enum.Enum):
        return [name, str((statics.layout_of(cls).namespace_of(value) or {}).get("_name_"))]
    return [name, *_parts(value, cls, depth, known)]


def _parts(value: Any, cls: type, depth: int, known: dict[int, bytes]) -> list[Any]:
    """Return what a value holds: the content of an immutable base in full, the rest as deep as allowed."""
    parts: list[Any] = []
    if is_named(cls):
        return list(reference_of(value) or ())
    if has_plain_base(cls):
        parts.append(_outline(plain_base_value(value), depth, known))
    if depth == 0:
        return parts
    held: Iterable[Any] = ()
    if statics.derives(cls, list):
        held = list.__iter__(value)
    elif statics.derives(cls, set):
        held = sorted(pack(_outline(item, depth - 1, known)) for item in set.__iter__(value))
    elif statics.derives(cls, dict):
        held = itertools.chain.from_iterable(dict.items(value))
    elif cls is dt.datetime or cls is dt.time:
        held = (value.replace(tzinfo=None), value.tzinfo)
    elif cls is slice:
        held = (value.start, value.stop, value.step)
    state = itertools.chain.from_iterable(statics.layout_of(cls).read(value))
    nearest = itertools.islice(itertools.chain(held, state), _MAX_PARTS)
    return [*parts, *(_outline(part, depth - 1, known) for part in nearest)]
