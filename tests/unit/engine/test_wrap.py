"""A wrapper is the function to whoever calls, binds, inspects, copies or pickles it."""

from __future__ import annotations

import asyncio
import copy
import functools
import gc
import inspect
import math
import operator
import pickle
import pydoc
import sys
import threading
import traceback
import typing
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import pytest

from callbox import _core
from callbox.engine.wrap import wrap


@wrap
def area(width: int, height: int = 2, *rest: int, unit: str = "m", **more: int) -> str:
    """Say how large it is."""
    return f"{width * height}{unit}{rest}{more}"


class Shape:
    """Each kind of method, wrapped below or above the decorator that makes it one."""

    @wrap
    def __init__(self, side: int) -> None:
        self.side = side

    @wrap
    def __len__(self) -> int:
        return self.side

    @wrap
    def area(self, *, scale: int = 1) -> int:
        return self.side * self.side * scale

    @wrap
    @classmethod
    def unit(cls) -> Shape:
        return cls(1)

    @wrap
    @staticmethod
    def corners() -> int:
        return 4

    @classmethod
    @wrap
    def named(cls, name: str) -> str:
        return f"{cls.__name__} {name}"

    @property
    @wrap
    def double(self) -> int:
        return self.side * 2


def fail(value: object) -> None:
    raise ValueError(value)


def test_arguments_of_every_kind_arrive() -> None:
    assert area(3) == "6m(){}"
    assert area(3, 4, 5, unit="km", depth=6) == "12km(5,){'depth': 6}"
    assert area(*[3], height=1) == "3m(){}"


def test_wrong_arguments_raise_what_the_function_raises() -> None:
    with pytest.raises(TypeError, match=r"^area\(\) missing 1 required positional argument: 'width'$"):
        area()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (lambda x: x + 1, (1,), 2),
        (math.sqrt, (4.0,), 2.0),
        (str.upper, ("a",), "A"),
        ("a b".split, (), ["a", "b"]),
        (print, (), None),
        (object.__repr__, (None,), object.__repr__(None)),
        (functools.partial(pow, 2), (3,), 8),
        (operator.itemgetter(1), ([4, 5],), 5),
        (functools.cache(abs), (-3,), 3),
        (Shape(3).area, (), 9),
    ],
    ids=lambda value: type(value).__name__ if callable(value) else "",
)
def test_callable_of_any_type_gives_what_it_gave(function: Callable[..., Any], arguments: Any, expected: Any) -> None:
    assert wrap(function)(*arguments) == expected


def test_methods_bind_as_they_did() -> None:
    shape = Shape(3)

    assert (shape.area(), shape.area(scale=2), Shape.area(shape)) == (9, 18, 9)
    assert (len(shape), shape.double) == (3, 6)
    assert (Shape.unit().side, shape.unit().side) == (1, 1)
    assert (Shape.corners(), shape.corners()) == (4, 4)
    assert Shape.named("x") == shape.named("x") == "Shape x"


def test_bound_method_is_a_method_of_the_wrapper() -> None:
    shape = Shape(3)

    bound = shape.area

    assert inspect.ismethod(bound)
    assert (bound.__self__, bound.__func__) == (shape, Shape.__dict__["area"])
    assert Shape.area is Shape.__dict__["area"]


def test_what_does_not_bind_does_not_when_wrapped() -> None:
    class Holder:
        length = wrap(len)
        area = wrap(Shape(2).area)

    assert Holder().length([1, 2]) == 2
    assert Holder().area() == 4


def test_static_and_class_methods_keep_their_kind_and_attributes() -> None:
    method = staticmethod(fail)
    method.note = "kept"  # type: ignore[attr-defined]

    wrapped = wrap(method)

    assert type(wrapped) is staticmethod
    assert type(wrapped.__func__) is type(area) is not type(fail)
    assert wrapped.note == "kept"  # type: ignore[attr-defined]
    assert wrapped.__wrapped__ is wrapped.__func__
    assert type(Shape.__dict__["unit"]) is classmethod


def test_class_body_treats_special_methods_as_it_treats_functions() -> None:
    class Base:
        seen: typing.ClassVar[list[str]] = []

        @wrap
        def __new__(cls) -> Base:
            return super().__new__(cls)

        @wrap
        def __init_subclass__(cls, *, name: str) -> None:
            cls.seen.append(name)

        @wrap
        def __class_getitem__(cls, item: str) -> str:
            return f"{cls.__name__}[{item}]"

    class Derived(Base, name="derived"):
        pass

    assert Base.seen == ["derived"]
    assert Derived["x"] == "Derived[x]"
    assert type(Derived()) is Derived
    assert {type(Base.__dict__[name]) for name in ("__init_subclass__", "__class_getitem__")} == {classmethod}
    assert type(Base.__dict__["__new__"]) is staticmethod


def test_abstract_methods_stay_abstract() -> None:
    class Contract(ABC):
        @wrap
        @abstractmethod
        def fulfil(self) -> None:
            """Must be overridden."""

    with pytest.raises(TypeError, match="abstract"):
        Contract()  # type: ignore[abstract]


def test_names_and_documentation_are_the_functions() -> None:
    function = area.__wrapped__  # type: ignore[attr-defined]

    assert type(function) is type(fail)
    for name in functools.WRAPPER_ASSIGNMENTS:
        assert getattr(area, name, None) == getattr(function, name, None)
    assert area.__doc__ == "Say how large it is."
    assert area.__annotations__ == function.__annotations__
    assert typing.get_type_hints(area)["unit"] is str


def test_signature_and_help_are_the_functions() -> None:
    assert str(inspect.signature(area)).startswith("(width: 'int', height: 'int' = 2, *rest")
    assert str(inspect.signature(Shape(1).area)) == "(*, scale: 'int' = 1) -> 'int'"
    assert str(inspect.signature(wrap(math.sqrt))) == "(x, /)"
    assert inspect.getsource(area) == inspect.getsource(area.__wrapped__)  # type: ignore[attr-defined]
    assert "Say how large it is." in pydoc.render_doc(area)


def test_signature_survives_without_the_way_back() -> None:
    lone = wrap(lambda x, *, y=1: None)
    del lone.__wrapped__  # type: ignore[attr-defined]

    assert str(inspect.signature(lone)) == "(x, *, y=1)"


def test_attributes_are_copied_and_set_on_the_wrapper() -> None:
    def function() -> None:
        pass

    function.mark = [1]  # type: ignore[attr-defined]
    wrapper = wrap(function)

    wrapper.note = "new"  # type: ignore[attr-defined]
    wrapper.__name__ = "renamed"

    assert wrapper.mark is function.mark  # type: ignore[attr-defined]
    assert (wrapper.note, wrapper.__name__) == ("new", "renamed")  # type: ignore[attr-defined]
    assert (hasattr(function, "note"), function.__name__) == (False, "function")


def test_what_the_wrapper_has_not_is_the_functions() -> None:
    cached = wrap(functools.lru_cache(abs))

    cached(-1)
    cached(-1)

    assert cached.cache_info().hits == 1
    assert area.__code__.co_name == "area"
    with pytest.raises(AttributeError, match="'function' object has no attribute 'absent'"):
        area.absent  # type: ignore[attr-defined]


def test_wrapping_twice_gives_the_wrapper() -> None:
    assert wrap(area) is area


@pytest.mark.parametrize("value", [Shape, int])
def test_classes_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^cannot wrap class .*: wrap its methods"):
        wrap(value)


@pytest.mark.parametrize("value", [None, 1, property(fail)])
def test_what_cannot_be_called_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^cannot wrap an object of type .*: only what can be called$"):
        wrap(value)


def test_repr_runs_no_code_of_the_program() -> None:
    class Loud:
        def __repr__(self) -> str:
            raise AssertionError

        def __call__(self) -> None:
            pass

    assert repr(wrap(fail)) == f"<callbox.wrap of {fail!r}>"
    assert repr(wrap(len)) == "<callbox.wrap of <built-in function len>>"
    assert repr(wrap(Loud())).startswith("<callbox.wrap of <Loud object at 0x")


def test_pickle_goes_by_name_and_copies_are_the_wrapper() -> None:
    assert pickle.loads(pickle.dumps(area)) is area
    assert pickle.loads(pickle.dumps(Shape.area)) is Shape.area
    assert copy.copy(area) is copy.deepcopy(area) is area


def test_equality_is_identity() -> None:
    first, second = wrap(fail), wrap(fail)

    assert first == first
    assert first != second
    assert len({first, second, first}) == 2


def test_traceback_has_the_frames_it_would_have() -> None:
    wrapper = wrap(fail)

    with pytest.raises(ValueError, match="7") as caught:
        wrapper(7)

    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)] == [
        "test_traceback_has_the_frames_it_would_have",
        "fail",
    ]
    assert caught.value.__context__ is None


def test_weak_references_die_with_the_wrapper() -> None:
    wrapper = wrap(fail)
    reference = weakref.ref(wrapper)

    assert reference() is wrapper
    del wrapper

    assert reference() is None


def test_cycles_through_a_wrapper_are_collected() -> None:
    def function() -> None:
        pass

    wrapper = wrap(function)
    wrapper.me = function.wrapper = wrapper  # type: ignore[attr-defined]
    reference = weakref.ref(wrapper)
    del function, wrapper

    gc.collect()

    assert reference() is None


def test_no_reference_is_kept_to_arguments_or_results() -> None:
    identity = wrap(lambda value: value)
    thing = Shape(1)
    before = sys.getrefcount(thing)

    identity(thing)

    assert sys.getrefcount(thing) == before


def test_code_may_be_exchanged_under_the_wrapper() -> None:
    def one() -> int:
        return 1

    def two() -> int:
        return 2

    wrapper = wrap(one)
    one.__code__ = two.__code__

    assert wrapper() == 2


def test_kinds_of_functions_are_recognised() -> None:
    async def coroutine() -> None:
        pass

    async def stream() -> Any:
        yield

    def numbers() -> Any:
        yield

    assert inspect.iscoroutinefunction(wrap(coroutine))
    assert inspect.isgeneratorfunction(wrap(numbers))
    assert inspect.isasyncgenfunction(wrap(stream))
    assert not inspect.iscoroutinefunction(wrap(numbers))
    assert inspect.isroutine(area)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="deprecated in 3.14 in favour of inspect's")
def test_asyncio_recognises_coroutine_functions() -> None:
    async def coroutine() -> None:
        pass

    assert asyncio.iscoroutinefunction(wrap(coroutine))
    assert not asyncio.iscoroutinefunction(area)


DEEP = 200_000
"""Deeper than the C stack, where a call through C takes some of it."""


def test_deep_recursion_ends_in_a_recursion_error() -> None:
    def descend(n: int) -> int:
        return 0 if n == 0 else wrapper(n - 1)

    wrapper = wrap(descend)
    caught: list[BaseException] = []

    def run() -> None:
        try:
            wrapper(DEEP)
        except RecursionError as error:
            caught.append(error)

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10 * DEEP)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    sys.setrecursionlimit(before)

    assert [type(error) for error in caught] == [RecursionError]


def test_every_wrapper_is_of_one_type() -> None:
    assert all(isinstance(wrapper, _core.Wrapper) for wrapper in (area, wrap(len), wrap(Shape(1).area)))
