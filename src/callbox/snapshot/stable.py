"""Everything that differs from run to run without anything being wrong, replaced in one place.

Addresses, identities, times, UUIDs, temporary paths, the working and the home folder, the last digits of floats, and
which items of a set were kept. What comes out depends on what the program did alone: not on the machine, the hour,
the hash seed or the order in which threads ran.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callbox.values.frozen import FrozenDict, FrozenItems, FrozenObject, FrozenText, Named, Opaque, Written

if TYPE_CHECKING:
    from callbox.model import ClockReading

ADDRESS, IDENTITY, TIME, UUID = "<address>", "<id>", "<time>", "<uuid>"
TEMPORARY, HERE, HOME = "<tmp>", "<cwd>", "<home>"

_NS_PER_S = 1_000_000_000
_DAY_NS = 86_400 * _NS_PER_S
_MIN_SMALLEST_IDENTITY = 1 << 20
"""Smaller ints are numbers; no object lies so low in memory."""
_ADDRESSES = range(0x5500_0000_0000, 0x8000_0000_0000, 8)
"""Where Linux puts programs, their heaps and their mappings."""
_FLOAT_DIGITS = 12
_MAX_CUT_CHARS = 32
"""Of a text that was cut off and in which something was replaced: where the cut fell differs then."""
_CUT_MARGIN = 40
"""What may be half of a UUID or an address, at the end of a text that was cut off."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b")
_UUID_HEX = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-zA-Z])")
_ISO_TIME = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_TEST_FOLDER = re.compile(r"/pytest-of-[^/]+/pytest-\d+(?:/(?:popen-)?gw\d+)?(?:/[^/\s'\"]*?\d+)?(?=[/\s'\"]|$)")
_UNIQUE_FOLDER = re.compile(r"/(?:tmp|\.?#?)[a-z0-9_]{8}(?=[/\s'\".]|$)")
_SECONDS_PER_UNIT = (1, 10**3, 10**6, 10**9)
_NUMBERED = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one machine and one run."""

    temporary: tuple[str, ...]
    here: str
    home: str

    @classmethod
    def of_process(cls) -> Places:
        """Ask the process for its own."""
        temporary = tempfile.gettempdir()
        return cls(tuple(dict.fromkeys((os.path.realpath(temporary), temporary))), str(Path.cwd()), str(Path.home()))


@dataclass(slots=True)
class Stabiliser:
    """Makes the values of one recording stable.

    Attributes:
        started: the clocks when the recording began.
        ended: the clocks when it ended.
        places: the folders to name by what they are.
        identities: addresses of objects that the recording saw; an int that is one of them is no number.
    """

    started: ClockReading
    ended: ClockReading
    places: Places
    identities: set[int] = field(default_factory=set)
    _days: frozenset[str] = frozenset()
    _texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        about = (self.started.epoch_ns - _DAY_NS, self.started.epoch_ns, self.ended.epoch_ns + _DAY_NS)
        self._days = frozenset(time.strftime("%Y-%m-%d", time.gmtime(t_ns / _NS_PER_S)) for t_ns in about)

    def value(self, value: Any) -> Any:
        """Return a value, plain or frozen, with what is not stable in it replaced."""
        return self._value(value, {})

    def text(self, text: str) -> str:
        """Replace what is not stable inside a text."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = self._replace(text)
        return known

    def _value(self, value: Any, made: dict[int, Any]) -> Any:
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is int:
            return Named(self._name_number(value)) if self._name_number(value) else value
        if kind is float:
            return Named(TIME) if self._is_time(value) else _rounded(value)
        if kind is FrozenText:
            return self._frozen_text(value)
        if kind is Written:
            return dataclasses.replace(value, text=self._value(value.text, made))
        if kind in _CONTAINERS:
            if id(value) not in made:
                made[id(value)] = value
                made[id(value)] = self._container(value, made)
            return made[id(value)]
        if kind is Opaque:
            self.identities.add(value.identity)
        return value

    def _container(self, value: Any, made: dict[int, Any]) -> Any:
        kind = type(value)
        if kind is list:
            # There before its items are: they may refer to it.
            items: list[Any] = []
            made[id(value)] = items
            items += [self._value(item, made) for item in value]
            return items
        if kind is tuple:
            return tuple(self._value(item, made) for item in value)
        if kind in (set, frozenset):
            # Two times or UUIDs are two items still.
            return FrozenItems(kind.__name__, tuple(self._value(item, made) for item in value), len(value))
        if kind is dict:
            pairs = tuple((self._value(key, made), self._value(item, made)) for key, item in value.items())
            return FrozenDict(pairs, len(value))
        if kind is FrozenItems and value.kind in _UNORDERED and len(value.items) < value.n_items:
            return Named(f"<{value.kind} of {value.n_items:,} items>")
        if kind is FrozenItems:
            return dataclasses.replace(value, items=tuple(self._value(item, made) for item in value.items))
        if kind is FrozenDict:
            pairs = tuple((self._value(key, made), self._value(item, made)) for key, item in value.items)
            return dataclasses.replace(value, items=pairs)
        self.identities.add(value.identity)
        attributes = tuple((name, self._value(item, made)) for name, item in value.attributes)
        return dataclasses.replace(value, attributes=attributes, content=self._value(value.content, made))

    def _frozen_text(self, value: FrozenText) -> Any:
        if not isinstance(value.beginning, str):
            return value
        stable = self.text(value.beginning)
        if stable == value.beginning and not self._is_unsure(value.beginning):
            return value
        return Named(repr(stable[: max(0, min(_MAX_CUT_CHARS, len(stable) - _CUT_MARGIN))]) + "…")

    def _is_unsure(self, beginning: str) -> bool:
        """Say whether a text may end within something that is not stable."""
        return re.search(r"[0-9a-fA-F]{4}[0-9a-fA-F-]*$", beginning[-_CUT_MARGIN:]) is not None

    def _replace(self, text: str) -> str:
        if len(text) < len("0x123456"):
            return text
        for temporary in self.places.temporary:
            if temporary in text:
                text = _without_temporary(text, temporary)
        if _is_inside(self.places.here, text):
            text = _replace_folder(text, self.places.here, HERE)
        if _is_inside(self.places.home, text):
            text = _replace_folder(text, self.places.home, HOME)
        if "0x" in text:
            text = _ADDRESS.sub(ADDRESS, text)
        text = _UUID_HEX.sub(UUID, _UUID.sub(UUID, text))
        if any(day in text for day in self._days):
            text = _DATE.sub(self._name_day, _ISO_TIME.sub(self._name_day, text))
        return text

    def _name_day(self, match: re.Match[str]) -> str:
        return TIME if match[0][: len("2026-01-01")] in self._days else match[0]

    def _name_number(self, number: int) -> str:
        if abs(number) < _MIN_SMALLEST_IDENTITY:
            return ""
        if number in self.identities or number in _ADDRESSES:
            return IDENTITY
        is_monotonic = self.started.monotonic_ns <= number <= self.ended.monotonic_ns
        return TIME if is_monotonic or any(map(self._is_epoch, self._in_ns(number))) else ""

    def _is_time(self, number: float) -> bool:
        if not _MIN_SMALLEST_IDENTITY / 1024 < number < 1e19:
            return False
        t_ns = number * _NS_PER_S
        is_monotonic = self.started.monotonic_ns <= t_ns <= self.ended.monotonic_ns and number != int(number)
        return is_monotonic or any(map(self._is_epoch, self._in_ns(number)))

    def _in_ns(self, number: float) -> list[float]:
        """Read a number as seconds, milliseconds, microseconds and nanoseconds."""
        return [number * (_NS_PER_S // unit) for unit in _SECONDS_PER_UNIT]

    def _is_epoch(self, t_ns: float) -> bool:
        return self.started.epoch_ns - _DAY_NS <= t_ns <= self.ended.epoch_ns + _DAY_NS


def stable_thread_name(name: str) -> str:
    """Replace the numbers that threads are told apart by."""
    return _NUMBERED.sub("#", name)


def _rounded(number: float) -> float:
    return float(f"{number:.{_FLOAT_DIGITS}g}")


def _without_temporary(text: str, temporary: str) -> str:
    """Name the temporary folder, and with it the folder of this run or this test inside it."""
    escaped = re.escape(temporary)
    text = re.sub(escaped + _TEST_FOLDER.pattern, TEMPORARY, text)
    text = re.sub(escaped + _UNIQUE_FOLDER.pattern, TEMPORARY, text)
    return _replace_folder(text, temporary, TEMPORARY)


def _is_inside(folder: str, text: str) -> bool:
    # The root folder is no place to name.
    return len(folder) > 1 and folder in text


def _replace_folder(text: str, folder: str, name: str) -> str:
    return re.sub(rf"(?<![\w.-]){re.escape(folder)}(?![\w.-])", name, text)


_CONTAINERS = frozenset({list, tuple, set, frozenset, dict, FrozenItems, FrozenDict, FrozenObject})
_UNORDERED = frozenset({"set", "frozenset"})
