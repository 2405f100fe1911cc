"""Generators, coroutines and asynchronous generators of watched functions: their end is told."""

from __future__ import annotations

import asyncio
import collections.abc
import functools
import gc
import inspect
import traceback
import types
import weakref
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
from tests.support.told import Told, caught, ignore

from callbox.engine.wrap import watch


@pytest.fixture
def told() -> Told:
    return Told()


def count(n: int) -> Generator[int, Any, str]:
    yield from range(n)
    if n > 1:
        raise LookupError(n)
    return "done"


async def fetch(n: int) -> int:
    await asyncio.sleep(0)
    return 10 // n


async def stream(n: int) -> AsyncGenerator[int, None]:
    for number in range(n):
        await asyncio.sleep(0)
        yield number
    if n > 1:
        raise LookupError(n)


async def collect(n: int, function: Any) -> list[int]:
    return [number async for number in function(n)]


def test_end_of_a_generator_is_told_not_its_making(told) -> None:
    generator = told.watch(count)(2)

    assert [next(generator), next(generator)] == [0, 1]
    assert (told.raised, told.returned) == ([], [])
    error = caught(next, generator)
    assert told.raised == [(error, (2,), None)]
    assert list(told.watch(count)(1)) == [0]
    assert [args for _, args, _ in told.returned] == [(1,)]


def test_end_of_a_coroutine_is_told(told) -> None:
    function = told.watch(fetch)

    assert asyncio.run(function(5)) == 2
    error = caught(lambda: asyncio.run(function(n=0)))
    assert [args for _, args, _ in told.returned] == [(5,)]
    assert told.raised == [(error, (), {"n": 0})]


def test_end_of_an_asynchronous_generator_is_told(told) -> None:
    function = told.watch(stream)

    assert asyncio.run(collect(1, function)) == [0]
    error = caught(lambda: asyncio.run(collect(2, function)))
    assert [args for _, args, _ in told.returned] == [(1,)]
    assert told.raised == [(error, (2,), None)]


def test_closing_a_generator_is_nothing_to_tell(told) -> None:
    generator = told.watch(count)(2)
    next(generator)
    generator.close()
    abandoned = told.watch(count)(2)
    next(abandoned)
    del abandoned

    assert (told.raised, told.returned) == ([], [])


def test_cancelled_task_is_told(told) -> None:
    async def cancel() -> None:
        task = asyncio.create_task(told.watch(asyncio.sleep)(10))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancel())

    assert [type(error) for error, _, _ in told.raised] == [asyncio.CancelledError]


def test_what_watched_functions_return_passes_for_what_it_is(told) -> None:
    generator, coroutine, rows = told.watch(count)(1), told.watch(fetch)(1), told.watch(stream)(1)

    assert inspect.isgenerator(generator)
    assert inspect.iscoroutine(coroutine)
    assert inspect.isasyncgen(rows)
    assert isinstance(coroutine, collections.abc.Coroutine)
    assert asyncio.iscoroutine(coroutine)
    coroutine.close()


def test_frames_of_a_coroutines_traceback_are_those_of_the_bare_one(told) -> None:
    def frames(function: Any) -> list[tuple[str, int | None]]:
        error = caught(lambda: asyncio.run(function(0)))
        return [(frame.name, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)][-1:]

    assert frames(told.watch(fetch)) == frames(fetch) == [("fetch", fetch.__code__.co_firstlineno + 2)]


def test_partial_of_a_coroutine_function_is_watched_as_one(told) -> None:
    function = told.watch(functools.partial(fetch, 0))

    assert inspect.iscoroutinefunction(function)
    assert type(caught(lambda: asyncio.run(function()))) is ZeroDivisionError
    assert len(told.raised) == 1


def test_watched_twice_a_coroutine_tells_both() -> None:
    order: list[str] = []
    inner = watch(fetch, lambda *_: order.append("inner"))
    outer = watch(inner, lambda *_: order.append("outer"))

    caught(lambda: asyncio.run(outer(0)))

    assert order == ["inner", "outer"]


def test_interrupt_while_the_end_of_a_generator_is_told_goes_on() -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    generator = watch(count, ignore, interrupt)(0)

    assert type(caught(next, generator)) is KeyboardInterrupt
    assert type(caught(next, generator)) is StopIteration


def test_generator_function_can_be_made_awaitable_above_its_watcher(told) -> None:
    @types.coroutine
    @told.watch
    def pause() -> Generator[None, Any, int]:
        yield
        return 5

    async def work() -> int:
        return await pause()

    assert asyncio.run(work()) == 5
    assert len(told.returned) == 1


class Thing:
    """Something that can be watched as it dies."""


def test_arguments_of_a_generator_are_let_go_when_it_has_ended() -> None:
    thing = Thing()
    alive = weakref.ref(thing)
    generator = watch(lambda given: (yield), ignore)(thing)
    del thing

    list(generator)

    assert alive() is None


def test_coroutine_is_an_iterator_for_await_alone() -> None:
    coroutine: Any = watch(fetch, ignore)(1)

    with pytest.raises(TypeError, match="'coroutine' object is not an iterator"):
        next(coroutine)
    assert not isinstance(coroutine, collections.abc.Iterator)
    assert next(coroutine.__await__()) is None
    coroutine.close()


def test_generator_that_takes_the_memory_of_a_collected_one_is_closed_as_it_dies() -> None:
    closed: list[int] = []

    def note(n: int) -> Generator[int, None, None]:
        try:
            yield n
        finally:
            closed.append(n)

    watched = watch(note, ignore)
    for number in range(100):
        generator = watched(number)
        next(generator)
        cycle: list[Any] = [generator]
        cycle.append(cycle)
    del generator, cycle
    gc.collect()
    again = [watched(number) for number in range(100, 150)]
    [next(generator) for generator in again]
    again.clear()

    assert sorted(closed) == list(range(150))
