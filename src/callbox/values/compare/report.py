"""Differences as people read them."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import pathlib
import re
import uuid
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from callbox.values import statics
from callbox.values.exact.references import is_named, reference_of
from callbox.values.paths import write_key

_MAX_CHARS = 80
_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes})
_CONTAINERS = (list, tuple, dict, set, frozenset)
_ZONES = (type(None), dt.timezone, zoneinfo.ZoneInfo)
_PRINTABLE = (
    *(Decimal, Fraction, dt.date, dt.timedelta, dt.timezone, zoneinfo.ZoneInfo, uuid.UUID, range, re.Pattern),
    *(pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath),
    *(ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network),
)
_PRINTABLE_IDS = frozenset(map(id, _PRINTABLE))


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        path: its place, e.g. `result["a"][3].x`.
        kind: "value", "type", "length", "missing", "extra", "shape", "dtype", "incomparable", or "elements"
            for the rest of a large array.
        actual: what was found there, shortened; empty for "missing".
        expected: what should be there, shortened; empty for "extra".
        note: how large it is or where it begins, e.g. `2 ulp`; may be empty.
        magnitude: absolute difference of two numbers; None for anything else.
        n: how many elements it stands for.
    """

    path: str
    kind: str
    actual: str = ""
    expected: str = ""
    note: str = ""
    magnitude: float | None = None
    n: int = 1

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        if self.kind == "missing":
            return f"{self.path}: missing {self.expected}{note}"
        if self.kind == "extra":
            return f"{self.path}: extra {self.actual}{note}"
        if self.kind in ("length", "shape", "dtype"):
            return f"{self.path}: {self.kind} {self.actual} != {self.expected}{note}"
        if self.kind == "elements":
            return f"{self.path}: {self.actual}{note}"
        return f"{self.path}: {self.actual} != {self.expected}{note}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of a comparison.

    Attributes:
        differences: the first ones, at most `Rules.max_differences`.
        n_differences: all of them; each differing array element counts.
    """

    differences: tuple[Difference, ...]
    n_differences: int

    @property
    def is_equal(self) -> bool:
        """Whether there is no difference."""
        return self.n_differences == 0

    def __str__(self) -> str:
        if self.is_equal:
            return "equal"
        lines = [str(difference) for difference in self.differences]
        n_more = self.n_differences - sum(difference.n for difference in self.differences)
        if n_more:
            lines.append(f"... and {n_more:,} more difference{'s' if n_more > 1 else ''}")
        return "\n".join(lines)


def brief(value: Any) -> str:
    """Describe a value in a few words, without running any code of its own."""
    cls = type(value)
    if cls in _ATOMS:
        text = write_key(value) if cls is int else repr(value[:_MAX_CHARS] if cls in (str, bytes) else value)
        return text if len(text) <= _MAX_CHARS else f"{text[: _MAX_CHARS - 1]}…"
    if cls in _CONTAINERS:
        return _brief_container(value, cls)
    if id(cls) in _PRINTABLE_IDS:
        return repr(value)
    if cls is dt.datetime or cls is dt.time:
        return repr(value if type(value.tzinfo) in _ZONES else value.replace(tzinfo=None))
    if statics.derives(type(cls), enum.EnumType):
        return f"{statics.short_name(cls)}.{(statics.layout_of(cls).namespace_of(value) or {}).get('_name_')}"
    if statics.derives(cls, type):
        return f"<class {statics.type_name(value)}>"
    if is_named(cls):
        return f"<function {'.'.join(reference_of(value) or (cls.__name__,))}>"
    if statics.reference_of_class(cls)[0].partition(".")[0] == "numpy":
        shape = getattr(value, "shape", ())
        return repr(value) if shape == () else f"array of {value.dtype} and shape {shape}"
    base = next((base for base in _CONTAINERS if statics.derives(cls, base)), None)
    suffix = f" of {base.__len__(value)}" if base is not None else ""
    return f"<{statics.type_name(cls)}{suffix}>"


def _brief_container(value: Any, cls: type) -> str:
    if len(value) <= 4 and all(type(item) in _ATOMS for item in value):
        items = [brief(item) for item in (value if cls in (list, tuple) else ())]
        text = ", ".join(items)
        if cls is list and len(text) <= _MAX_CHARS:
            return f"[{text}]"
        if cls is tuple and len(text) <= _MAX_CHARS:
            return f"({text}{',' if len(items) == 1 else ''})"
    return f"{cls.__name__} of {len(value)}"
