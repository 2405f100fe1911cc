"""Classes of every kind that values may have, at module level, where an import finds them."""

from __future__ import annotations

import dataclasses
import enum
from collections import namedtuple
from typing import Any, NamedTuple


class Plain:
    """An ordinary class without a constructor that could be called."""

    def __init__(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)

    def method(self) -> Plain:
        return self


class Account:
    """A class whose constructor does nothing but store."""

    def __init__(self, owner: Any, balance: Any = 0) -> None:
        """Store the arguments."""
        self.owner = owner
        self._balance = balance


class Slotted:
    __slots__ = ("left", "right")


class SlottedBelow(Slotted):
    __slots__ = ("__dict__", "extra")


@dataclasses.dataclass
class Point:
    x: Any
    y: Any = 0


@dataclasses.dataclass(frozen=True)
class FrozenPoint:
    x: Any
    y: Any = 0


@dataclasses.dataclass(slots=True)
class SlottedPoint:
    x: Any
    y: Any = 0


@dataclasses.dataclass
class Prepared:
    """A dataclass whose constructor does more than store."""

    x: Any
    doubled: Any = None

    def __post_init__(self) -> None:
        self.doubled = self.x * 2


Pair = namedtuple("Pair", "first second")


class Named(NamedTuple):
    name: str
    value: Any = None


class Colour(enum.Enum):
    RED = 1
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


class MyInt(int):
    pass


class MyStr(str):
    pass


class MyTuple(tuple):
    pass


class MyList(list):
    pass


class MyDict(dict):
    pass


class MySet(set):
    pass


class KeyByName:
    """Hashed by code of its own."""

    calls = 0

    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        KeyByName.calls += 1
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyByName) and other.name == self.name


class AppError(Exception):
    def __init__(self, code: int, *, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Outer:
    class Inner:
        pass

    @staticmethod
    def static() -> None: ...

    @classmethod
    def create(cls) -> Outer:
        return cls()


def function(x: Any = None) -> Any:
    return x
