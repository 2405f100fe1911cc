"""What frozen values are once they are read: what a value was at the moment of an event.

The C core walked the value without running any of its code, within limits of
depth, breadth, bytes and time; what it left out is said, never guessed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class Cut(enum.Enum):
    """Why a value, or part of one, is not there. Source: `csrc/frozen.h`, `enum cb_cut`, for the first four."""

    DEPTH = 1
    BYTES = 2
    TIME = 3
    NODES = 4
    """The value has more parts than are kept."""
    OVERWRITTEN = 16
    """Newer values took its place."""
    MISSED = 17
    """There was no room for it."""
    LOST = 18
    """The slots or the bytes that held it are gone."""
    SPARED = 19
    """It was not kept, so that the recording kept to its budget."""


class Unbound(enum.Enum):
    """A variable without a value."""

    UNBOUND = 0


@dataclass(frozen=True, slots=True)
class FrozenText:
    """The beginning of a str, bytes or bytearray that was too long to keep whole."""

    beginning: str | bytes | bytearray
    length: int
    """Characters or bytes of the whole."""


@dataclass(frozen=True, slots=True)
class FrozenInt:
    """An int too big to keep: its sign and size."""

    is_negative: bool
    n_bits: int


@dataclass(frozen=True, slots=True)
class FrozenItems:
    """A list, tuple, set or frozenset: the first of its items."""

    kind: str
    items: tuple[Any, ...]
    n_items: int


@dataclass(frozen=True, slots=True)
class FrozenDict:
    """A dict: the first of its pairs, in its order."""

    items: tuple[tuple[Any, Any], ...]
    n_items: int


class Absent(enum.Enum):
    """What an object has not."""

    ABSENT = 0


@dataclass(frozen=True, slots=True)
class FrozenObject:
    """An object of another type: its name, and what it holds itself.

    Attributes:
        type_name: module and qualified name.
        identity: tells objects of one moment apart.
        attributes: names and values, in no order that means anything.
        n_attributes: more than there are `attributes` where some were left out.
        content: what the built-in holds that the type derives from, or the arguments of an exception.
        is_error: whether it is an exception.
    """

    type_name: str
    identity: int
    attributes: tuple[tuple[str, Any], ...]
    n_attributes: int
    content: Any = Absent.ABSENT
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """An object of the standard library that its text says all about: a datetime, a Decimal, a Path."""

    type_name: str
    text: Any
    """A str; `FrozenText` or `Redacted` where it was cut or is a secret."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum."""

    type_name: str
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class FrozenArray:
    """A NumPy array: the first of its elements, none where its data were not looked at."""

    type_name: str
    identity: int
    dtype: str
    shape: tuple[int, ...]
    head: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class FrozenNames:
    """Variables of a function: the first of them, and their values."""

    variables: tuple[tuple[str, Any], ...]
    n_variables: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """An object of which only type and identity were read."""

    type_name: str
    identity: int


@dataclass(frozen=True, slots=True)
class Named:
    """A class or function, by its full name."""

    name: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The n-th container or object of the same value, met again."""

    number: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """A secret, and the rule that knew it."""

    rule: str
