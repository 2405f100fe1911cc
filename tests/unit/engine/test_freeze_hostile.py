"""Values that count, raise, block, lie or load when any of their code runs: freezing and reading run none of it."""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import datetime
import decimal
import enum
import fractions
import pathlib
import time
import types
import uuid
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from callbox import _core, render
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.recording import Recording

HERE = __name__

ran: list[str] = []
"""What ran of the hostile code."""


@pytest.fixture(params=_core.engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def nothing_ran_yet() -> Iterator[None]:
    ran.clear()
    yield
    ran.clear()


def trap(name: str) -> Callable[..., Any]:
    """Make a method that says that it ran, and raises."""

    def method(*args: Any, **kwargs: Any) -> Any:
        ran.append(name)
        raise RuntimeError(f"{name} ran")

    return method


def traps(*names: str) -> dict[str, Any]:
    return {name: trap(name) for name in names}


DUNDERS = (
    *("__repr__", "__str__", "__format__", "__bytes__", "__hash__", "__eq__", "__ne__", "__lt__", "__bool__"),
    *(
        "__len__",
        "__length_hint__",
        "__iter__",
        "__next__",
        "__getitem__",
        "__contains__",
        "__reversed__",
        "__missing__",
    ),
    *("__getattr__", "__getattribute__", "__setattr__", "__dir__", "__call__", "__enter__", "__exit__"),
    *("__int__", "__float__", "__complex__", "__index__", "__sizeof__", "__reduce__", "__reduce_ex__", "__getstate__"),
    *("__copy__", "__deepcopy__", "__fspath__", "__array__", "__await__", "__instancecheck__", "__subclasscheck__"),
)
METHODS = ("keys", "values", "items", "get", "copy", "decode", "encode", "append", "as_integer_ratio", "mro")


def counts_its_end(_: Any, ran: list[str] = ran) -> None:
    ran.append("__del__")


Hostile = type("Hostile", (), {**traps(*DUNDERS), "__del__": counts_its_end})


def hostile_subclass(base: type, *args: Any) -> Any:
    """Make an instance of a built-in whose every method was overridden."""
    safe = {"__getattribute__", "__setattr__"}
    return type(f"Hostile{base.__name__}", (base,), traps(*(set(DUNDERS) - safe), *METHODS))(*args)


class Lies:
    """Says that it is a dict."""

    @property
    def __class__(self) -> Any:
        ran.append("__class__")
        return dict


class HidesItsDict:
    def __init__(self) -> None:
        object.__setattr__(self, "inside", 1)

    __dict__ = property(trap("__dict__"))  # type: ignore[assignment]


class FullOfProperties:
    plain = property(trap("property"))
    cached = property(trap("cached"))

    def __init__(self) -> None:
        self.attribute = 1


class Descriptor:
    __get__ = trap("__get__")


Described = type("Described", (), {"field": types.DynamicClassAttribute(trap("dynamic"))})


def replaced_slot() -> Any:
    class Slotted:
        __slots__ = ("field",)

    value = Slotted()
    value.field = 1  # type: ignore[attr-defined]
    Slotted.field = property(trap("slot"))  # type: ignore[attr-defined]
    return value


class LazyRows(collections.abc.Mapping[str, int]):
    """Loads from far away whatever it is asked for."""

    __getitem__ = trap("load row")
    __iter__ = trap("load keys")
    __len__ = trap("count rows")


class Slow:
    def __repr__(self) -> str:
        ran.append("slow")
        time.sleep(60)
        return "slow"


class Meta(type):
    __instancecheck__ = trap("metaclass instancecheck")
    __subclasscheck__ = trap("metaclass subclasscheck")
    __repr__ = trap("metaclass repr")
    __eq__ = trap("metaclass eq")
    __hash__ = trap("metaclass hash")
    __len__ = trap("metaclass len")
    __iter__ = trap("metaclass iter")

    @property
    def __name__(cls) -> str:
        ran.append("metaclass name")
        return "lie"

    def __getattribute__(cls, name: str) -> Any:
        ran.append(f"metaclass getattribute {name}")
        return type.__getattribute__(cls, name)


class OfMeta(metaclass=Meta):
    pass


class LazyModule(types.ModuleType):
    __getattr__ = trap("module getattr")


class HostileError(Exception):
    __str__ = trap("error str")
    __repr__ = trap("error repr")
    args = property(trap("error args"))  # type: ignore[assignment]
    __cause__ = property(trap("error cause"))  # type: ignore[assignment]


class Key:
    """A key that counts once it is in place."""

    is_armed = False

    def __hash__(self) -> int:
        if Key.is_armed:
            ran.append("key hash")
        return 1

    def __eq__(self, other: object) -> bool:
        if Key.is_armed:
            ran.append("key eq")
        return self is other


def keyed(make: Callable[[list[Key]], Any]) -> Any:
    Key.is_armed = False
    value = make([Key(), Key()])
    Key.is_armed = True
    return value


class Sub(str):
    __hash__ = str.__hash__
    __eq__ = trap("sub eq")
    __repr__ = trap("sub repr")
    __str__ = trap("sub str")


class Colour(enum.Enum):
    RED = 1

    name = property(trap("member name"))  # type: ignore[assignment]
    value = property(trap("member value"))  # type: ignore[assignment]
    __repr__ = trap("member repr")
    __str__ = trap("member str")


class Zone(datetime.tzinfo):
    """Asks an exchange far away."""

    utcoffset = trap("utcoffset")
    tzname = trap("tzname")
    dst = trap("dst")


class Fields(collections.namedtuple("Fields", "x y")):
    __slots__ = ()
    x = property(trap("field"))
    __getnewargs__ = trap("getnewargs")


class NameOfModule(str):
    """A key of a class that is found where `__module__` is looked for."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        if Key.is_armed:
            ran.append("class key eq")
        return str(self) == other


def class_with_a_key_that_compares() -> Any:
    Key.is_armed = False
    value = type("Odd", (), {NameOfModule("__qualname_"): "x", NameOfModule("__module__"): "odd"})()
    Key.is_armed = True
    return value


CORPUS: dict[str, Callable[[], Any]] = {
    "datetime subclass": lambda: hostile_subclass(datetime.datetime, 2024, 5, 1),
    "datetime in a zone": lambda: datetime.datetime(2024, 5, 1, tzinfo=Zone()),
    "timedelta subclass": lambda: hostile_subclass(datetime.timedelta, 1),
    "Decimal subclass": lambda: hostile_subclass(decimal.Decimal, "1.5"),
    "Fraction subclass": lambda: hostile_subclass(fractions.Fraction, 1, 3),
    "path subclass": lambda: hostile_subclass(pathlib.PurePosixPath, "a"),
    "UUID": lambda: uuid.UUID(int=5),
    "enum member": lambda: Colour.RED,
    "named tuple": lambda: Fields(1, 2),
    "array subclass": lambda: np.arange(3).view(type("Array", (np.ndarray,), traps(*DUNDERS[:9], "__array_ufunc__"))),
    "object array": lambda: np.frompyfunc(lambda _: Hostile(), 1, 1)(np.zeros(1)),
    "class with a key that compares": class_with_a_key_that_compares,
    "dict of hostile items": lambda: hostile_subclass(dict, {"key": Hostile()}),
    "attribute of a str subclass": lambda: hostile_subclass(str, "x" * 500),
    "every dunder": lambda: Hostile(),
    "inside a list": lambda: [Hostile()],
    "inside a dict": lambda: {"key": Hostile()},
    "inside an object": lambda: types.SimpleNamespace(inner=Hostile()),
    "dict subclass": lambda: hostile_subclass(dict, {"a": 1}),
    "list subclass": lambda: hostile_subclass(list, [1]),
    "tuple subclass": lambda: hostile_subclass(tuple, (1,)),
    "str subclass": lambda: hostile_subclass(str, "text"),
    "bytes subclass": lambda: hostile_subclass(bytes, b"text"),
    "int subclass": lambda: hostile_subclass(int, 5),
    "float subclass": lambda: hostile_subclass(float, 1.5),
    "set subclass": lambda: hostile_subclass(set, {1}),
    "lying class": Lies,
    "broken __dict__": HidesItsDict,
    "properties": FullOfProperties,
    "descriptor": lambda: type("Owner", (), {"field": Descriptor()})(),
    "dynamic attribute": lambda: Described(),
    "replaced slot": replaced_slot,
    "lazy mapping": LazyRows,
    "slow repr": Slow,
    "instance of a metaclass": OfMeta,
    "class of a metaclass": lambda: OfMeta,
    "lazy module": lambda: LazyModule("lazy"),
    "exception": lambda: HostileError("secretive"),
    "dict keys": lambda: keyed(dict.fromkeys),
    "set items": lambda: keyed(set),
    "keys by subclass": lambda: types.SimpleNamespace(a=1, b={Sub("k"): 1}),
    "weak proxy": lambda: weakref.proxy(KEPT),
    "generator": lambda: (trap("generator")() for _ in range(3)),
    "bound method": lambda: FullOfProperties().__init__,
}


KEPT = Hostile()


def takes(*args: Any, **kwargs: Any) -> Any:
    return (args, kwargs)


def raises(error: BaseException) -> None:
    raise error


def record(engine: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Recording:
    recorder = NativeRecorder(Options(engine, "trace", (HERE,)), engine)
    recorder.start()
    try:
        with contextlib.suppress(Exception):
            function(*args, **kwargs)
    finally:
        recorder.stop()
    return Recording(recorder.capture())


@pytest.mark.parametrize("name", CORPUS)
def test_no_code_of_a_value_runs(engine, name) -> None:
    value = CORPUS[name]()
    ran.clear()

    recording = record(engine, takes, value, key=value)
    texts = recording.describe_values()
    text = render.format_tree(recording.tree, values=texts)

    assert ran == []
    assert text.startswith("takes(*args=(")
    assert len(recording.tree.calls) == 1


def test_no_code_of_an_exception_runs(engine) -> None:
    error = HostileError("secretive")

    recording = record(engine, raises, error)

    assert ran == []
    assert "raises(error=HostileError(" in render.format_tree(recording.tree, values=recording.describe_values())


def changes(value: Any) -> None:
    value["state"].append(1)
    raise KeyError(value)


@pytest.mark.parametrize("name", CORPUS)
def test_no_code_runs_where_effects_and_variables_are_kept(engine, name) -> None:
    state = {"state": [CORPUS[name]()]}
    ran.clear()

    recording = record(engine, changes, state)

    assert ran == []
    assert recording.values is not None
    assert list(recording.values.effects(0)) == ["value"]
    assert list(recording.values.locals(0) or {}) == ["value"]


def test_hostile_arguments_do_not_change_what_the_program_sees(engine) -> None:
    value = Hostile()
    seen = []

    record(engine, lambda: seen.append(takes(value)))

    assert seen[0][0][0] is value
    assert ran == []
