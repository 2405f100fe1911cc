"""Values that a fuzzer begins with: one or more of every kind."""

from __future__ import annotations

import array
import collections
import datetime as dt
import enum
import functools
import ipaddress
import pathlib
import re
import types
import uuid
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np


class Thing:
    """An ordinary object."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class SlottedThing:
    """An object with slots."""

    __slots__ = ("left", "right")


@dataclass(frozen=True)
class Key:
    """An object that may be a key."""

    name: Any


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1


class Access(enum.Flag):
    """Flags."""

    READ = 1
    WRITE = 2


class Number(int):
    """A subclass of an immutable built-in."""


Pair = collections.namedtuple("Pair", "first second")


def _chained_error() -> Exception:
    error = ValueError("message", 1)
    error.__cause__ = OSError(2, "text", "file")
    error.add_note("note")
    return error


def _cycle() -> Any:
    thing = Thing(parts=[])
    thing.parts.append((thing, thing.parts))
    thing.peers = {thing, Thing(back=thing)}
    return thing


_slotted = SlottedThing()
_slotted.left = [1]

EXAMPLES: tuple[Any, ...] = (
    *(None, True, 1, -5, 1 << 70, 1.5, float("nan"), 1j, "text", "\ud800", b"bytes"),
    *(Decimal("1.10"), Fraction(1, 3), uuid.UUID(int=7), dt.date(2020, 1, 1), dt.timedelta(1, 2, 3)),
    *(dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.time(1, tzinfo=zoneinfo.ZoneInfo("UTC"))),
    *([1, [2, "x"]], (1, (2,)), {"a": 1, 2: [3], (1, 2): None}, {1, 2, "a"}, frozenset({(1, 2), frozenset({3})})),
    *(range(5), slice(1, None, 2), pathlib.PurePosixPath("a/b"), re.compile("a+", re.IGNORECASE)),
    *(ipaddress.ip_address("::1"), ipaddress.ip_network("10.0.0.0/8"), bytearray(b"12"), memoryview(b"123")),
    *(array.array("i", [1, 2]), types.MappingProxyType({1: 2}), collections.deque([1], 3), collections.Counter("aab")),
    *(collections.OrderedDict(a=1), collections.defaultdict(list, {1: [2]}), collections.ChainMap({1: 2}, {3: 4})),
    *(Thing(a=1, b=[2]), _slotted, Key(1), {Key((1, Key(2))): 3}, Colour.RED, Access.READ | Access.WRITE, Number(7)),
    *(Pair(1, [2]), len, str.upper, functools.partial(len, [1]), Thing(a=1).__init__, Thing, re),
    *(_chained_error(), ExceptionGroup("group", [ValueError(1), KeyError(2)]), _cycle()),
    *(np.arange(6).reshape(2, 3), np.array([1.5, np.nan]), np.array([("a", 1)], [("x", "U3"), ("y", "i4")])),
    *(np.array([None, [1]], object), np.float32(1.5), np.dtype("i4"), np.str_("x"), np.array(["2020"], "M8[D]")),
)
