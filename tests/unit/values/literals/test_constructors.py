"""Which constructors may be called: those that store their arguments and do nothing else."""

from __future__ import annotations

import dataclasses

import pytest
from tests.support import value_kinds as kinds

from callbox.values.literals import literal
from callbox.values.literals.constructors import find_arguments


class Annotated:
    def __init__(self, first: int, *, second: str = "x") -> None:
        self.first: int = first
        self.second = second


class Computes:
    def __init__(self, x):
        self.x = x + 1


class Extra:
    def __init__(self, x):
        self.x = x
        self.cache = {}


class Ignores:
    def __init__(self, x, y):
        self.x = x


class Swallows:
    def __init__(self, *args):
        self.args = args


class Watches:
    def __init__(self, x):
        self.x = x

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)


class Validates:
    def __init__(self, x):
        self.x = x

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        self._x = value


class Interned:
    def __new__(cls, x):
        return object.__new__(cls)

    def __init__(self, x):
        self.x = x


class Meta(type):
    def __call__(cls, *args):
        return super().__call__(*args)


class Made(metaclass=Meta):
    def __init__(self, x):
        self.x = x


@dataclasses.dataclass
class Hidden:
    x: int
    y: int = dataclasses.field(default=0, init=False)


@dataclasses.dataclass
class Initial:
    x: int
    seed: dataclasses.InitVar[int] = 0


def test_parameters_lead_to_the_attributes_that_store_them() -> None:
    assert find_arguments(kinds.Account, {"owner": 1, "_balance": 2}) == [("owner", "owner"), ("balance", "_balance")]
    assert find_arguments(Annotated, {"first": 1, "second": 2}) == [("first", "first"), ("second", "second")]
    assert find_arguments(kinds.Point, {"x": 1, "y": 2}) == [("x", "x"), ("y", "y")]


@pytest.mark.parametrize(
    "cls",
    [Computes, Extra, Ignores, Swallows, Watches, Validates, Interned, Made, Hidden, Initial, kinds.Prepared, object],
)
def test_constructor_that_does_anything_else_is_not_called(cls) -> None:
    assert find_arguments(cls, {"x": 1}) is None


def test_state_that_is_not_just_the_arguments_has_no_call() -> None:
    assert find_arguments(kinds.Account, {"owner": 1}) is None
    assert find_arguments(kinds.Account, {"owner": 1, "_balance": 2, "more": 3}) is None


@dataclasses.dataclass
class Settings:
    name: str
    level: int = 3
    tags: list[str] = dataclasses.field(default_factory=list)
    scale: float = 0.0


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (Settings("a"), 'Settings(name="a")'),
        (Settings("a", level=4), 'Settings(name="a", level=4)'),
        (Settings("a", level=True), 'Settings(name="a", level=True)'),
        (Settings("a", tags=["x"]), 'Settings(name="a", tags=["x"])'),
        (Settings("a", scale=-0.0), 'Settings(name="a", scale=-0.0)'),
    ],
)
def test_arguments_that_are_the_default_are_left_out(value, source) -> None:
    assert literal(value).source == source
