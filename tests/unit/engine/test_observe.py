"""Observers are told of every call of chosen functions, by whatever name it is made, and of nothing else."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from callbox.engine import Options, new_recorder
from callbox.engine.observe import observe, parameters_of, unobserve
from callbox.model import EventKind

HERE = __name__
NAMES = {2: "return", 3: "unwind", 4: "yield", 6: "throw"}


def add(a: int, b: int = 2, *rest: int, c: int = 4, **more: int) -> int:
    return a + b


def fail() -> None:
    raise ValueError("no")


def fall(n: int) -> int:
    return n and fall(n - 1)


def count(n: int) -> Iterator[int]:
    yield from range(n)


async def wait(value: int) -> int:
    await asyncio.sleep(0)
    return value


def enclose(value: int) -> int:
    return (lambda: value)()


class Shape:
    def __init__(self, side: int) -> None:
        self.side = side

    @property
    def area(self) -> int:
        return self.side**2

    @staticmethod
    def double(n: int) -> int:
        return 2 * n


class Log(list[Any]):
    """What observers of this module's functions are told."""

    def choose(self, code: Any, module: dict[str, Any]) -> Any:
        name = code.co_qualname
        if module.get("__name__") != HERE or name not in self.names:
            return None

        def begin(arguments: tuple[Any, ...]) -> Any:
            self.append((name, *arguments))
            return lambda kind, value: self.append((NAMES[kind], value))

        return begin

    names: tuple[str, ...] = ()


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    unobserve()


def start(log: Log, *names: str) -> None:
    log.names = names
    observe(log.choose)


def test_arguments_come_in_the_order_of_the_parameters(log) -> None:
    start(log, "add")

    add(1, 5, 7, c=6, d=8)

    assert parameters_of(add.__code__) == ("a", "b", "c", "rest", "more")
    assert log == [("add", 1, 5, 6, (7,), {"d": 8}), ("return", 6)]


def test_copies_of_a_function_are_seen(log) -> None:
    copy = add
    start(log, "add")

    copy(1)

    assert log == [("add", 1, 2, 4, (), {}), ("return", 3)]


def test_methods_and_properties_are_seen(log) -> None:
    start(log, "Shape.__init__", "Shape.area", "Shape.double")

    shape = Shape(3)
    values = shape.area, Shape.double(4)

    assert values == (9, 8)
    assert [row for row in log if row[0] != "return"] == [
        ("Shape.__init__", shape, 3),
        ("Shape.area", shape),
        ("Shape.double", 4),
    ]


def test_exception_is_told_and_goes_on(log) -> None:
    start(log, "fail")

    with pytest.raises(ValueError, match="no") as caught:
        fail()

    assert log == [("fail",), ("unwind", caught.value)]


def test_nested_calls_end_in_their_own_witness(log) -> None:
    start(log, "fall")

    fall(1)

    assert log == [("fall", 1), ("fall", 0), ("return", 0), ("return", 0)]


def test_generator_is_told_from_its_first_resume_to_its_end(log) -> None:
    start(log, "count")

    never = count(5)
    assert list(count(2)) == [0, 1]

    never.close()
    assert log == [("count", 2), ("yield", 0), ("yield", 1), ("return", None)]


def test_two_generators_keep_their_witnesses_apart(log) -> None:
    start(log, "count")

    first, second = count(1), count(2)
    next(second), next(first)
    left = list(first), list(second)

    assert left == ([], [1])
    assert log == [
        *(("count", 2), ("yield", 0), ("count", 1), ("yield", 0)),
        *(("return", None), ("yield", 1), ("return", None)),
    ]


def test_throw_into_a_generator_is_told(log) -> None:
    start(log, "count")
    generator = count(2)
    next(generator)

    with pytest.raises(KeyError):
        generator.throw(KeyError("x"))

    assert [row[0] for row in log] == ["count", "yield", "throw", "unwind"]


def test_coroutine_returns_once(log) -> None:
    start(log, "wait")

    assert asyncio.run(wait(5)) == 5

    assert log[0] == ("wait", 5)
    assert log[-1] == ("return", 5)


def test_argument_that_an_inner_function_uses_is_its_value(log) -> None:
    start(log, "enclose")

    enclose(9)

    assert log == [("enclose", 9), ("return", 9)]


def test_other_threads_are_seen(log) -> None:
    start(log, "add")

    thread = threading.Thread(target=add, args=(1,))
    thread.start()
    thread.join()

    assert [row[0] for row in log] == ["add", "return"]


def test_what_observers_call_is_not_observed() -> None:
    calls: list[int] = []

    def choose(code: Any, module: dict[str, Any]) -> Any:
        if code is add.__code__:
            return lambda arguments: calls.append(add(*arguments[:2]))
        return None

    observe(choose)
    add(1)
    unobserve()

    assert calls == [3]


def test_observer_is_spared_as_many_calls_as_it_says() -> None:
    seen: list[int] = []

    def begin(arguments: tuple[Any, ...]) -> Any:
        seen.append(arguments[0])
        return 2

    observe(lambda code, module: begin if code is add.__code__ else None)
    for n in range(7):
        add(n)
    unobserve()

    assert seen == [0, 3, 6]


def test_observer_that_raises_spoils_nothing(monkeypatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: unraisable.append(args.exc_type))

    def refuse(arguments: tuple[Any, ...]) -> Any:
        raise ZeroDivisionError

    observe(lambda code, module: refuse if code is add.__code__ else None)
    result = add(1)
    unobserve()

    assert result == 3
    assert unraisable == [ZeroDivisionError]


def test_nothing_is_told_after_the_end(log) -> None:
    start(log, "add", "count")
    generator = count(2)
    next(generator)
    unobserve()

    add(1), list(generator)

    assert log == [("count", 2), ("yield", 0)]


def test_code_is_decided_on_anew_by_the_next_observation(log) -> None:
    observe(lambda code, module: None)
    add(1)
    unobserve()
    start(log, "add")

    add(1)

    assert [row[0] for row in log] == ["add", "return"]


def test_two_observations_share_the_program(log) -> None:
    start(log, "add")
    other = Log()
    other.names = ("fall",)
    observe(other.choose)

    add(1), fall(0)
    unobserve(other.choose)
    add(2), fall(0)

    assert [row[1] for row in log if row[0] == "add"] == [1, 2]
    assert other == [("fall", 0), ("return", 0)]


def test_recorder_and_observer_work_side_by_side(log) -> None:
    recorder = new_recorder(Options(filters=(HERE,)))
    recorder.start()
    start(log, "add")
    add(1)
    recorder.stop()
    add(2)

    unobserve()

    assert [row[1] for row in log] == [1, 3, 2, 4]
    assert "add" in {function.name for function in recorder.capture().functions}


def test_codes_that_came_and_went_leave_no_references(log) -> None:
    start(log, "add")
    before = sys.getrefcount(log)

    for _ in range(100):
        exec("def add(a): return a\nadd(1)", {"__name__": HERE})

    unobserve()
    gc.collect()
    assert len(log) == 200
    assert sys.getrefcount(log) - before < 10


@pytest.mark.parametrize("kind", [EventKind.RETURN, EventKind.UNWIND, EventKind.YIELD, EventKind.THROW])
def test_kinds_are_those_of_events(kind) -> None:
    assert NAMES[int(kind)] == kind.name.lower()
