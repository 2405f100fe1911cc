"""Coroutines of wrapped functions: run by asyncio or by hand, and recorded each time they go on."""

from __future__ import annotations

import asyncio
import collections.abc
import contextlib
import inspect
import types
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.wrapped import Watch, attempt, pause, run

from callbox.engine.wrap import wrap
from callbox.model import Outcome


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch()
    yield made
    made.stop()


@wrap
async def inner(value: object) -> object:
    return await pause(value)


@wrap
async def outer() -> list[object]:
    return [await inner(1), await inner(2)]


@wrap
async def guard() -> str:
    try:
        await inner(1)
    except KeyError:
        return "caught"
    return "passed"


def test_coroutine_is_recorded_each_time_it_goes_on(watch: Watch) -> None:
    assert run(outer()) == [1, 2]
    assert watch.steps() == [
        *("CALL outer", "CALL inner", "YIELD inner", "YIELD outer"),
        *("RESUME outer", "RESUME inner", "RETURN inner"),
        *("CALL inner", "YIELD inner", "YIELD outer"),
        *("RESUME outer", "RESUME inner", "RETURN inner", "RETURN outer"),
    ]


def test_coroutine_is_the_real_one_when_nothing_records() -> None:
    coroutine = outer()
    coroutine.close()

    assert type(coroutine) is types.CoroutineType


def test_coroutine_is_one_call_with_its_callee_inside(watch: Watch) -> None:
    run(outer())

    assert [(call.function, call.outcome, call.parent) for call in watch.calls()] == [
        ("outer", Outcome.RETURNED, -1),
        ("inner", Outcome.RETURNED, 0),
        ("inner", Outcome.RETURNED, 0),
    ]


def test_exception_thrown_through_an_await_arrives(watch: Watch) -> None:
    coroutine = guard()
    coroutine.send(None)

    assert attempt(lambda: coroutine.throw(KeyError())) == (StopIteration, ("caught",))
    assert watch.steps()[4:] == ["THROW guard", "THROW inner", "UNWIND inner", "RETURN guard"]


def test_closed_coroutine_unwinds(watch: Watch) -> None:
    coroutine = outer()
    coroutine.send(None)
    coroutine.close()

    assert watch.steps()[4:] == ["THROW outer", "THROW inner", "UNWIND inner", "UNWIND outer"]


def test_coroutine_never_awaited_is_warned_of(watch: Watch) -> None:
    coroutine = inner(1)

    with pytest.warns(RuntimeWarning, match="coroutine 'inner' was never awaited"):
        del coroutine

    assert watch.steps() == []


@pytest.mark.parametrize("is_recorded", [True, False])
def test_coroutine_awaited_twice_is_refused(is_recorded: bool, watch: Watch) -> None:
    coroutine = inner(1)
    if not is_recorded:
        watch.stop()
        coroutine.close()
        coroutine = inner(1)

    async def await_it() -> Any:
        return await coroutine

    first, second = await_it(), await_it()
    first.send(None)

    assert attempt(lambda: second.send(None)) == (RuntimeError, ("coroutine is being awaited already",))
    assert attempt(lambda: first.send(5)) == (StopIteration, (5,))
    assert attempt(lambda: run(coroutine)) == (RuntimeError, ("cannot reuse already awaited coroutine",))


def test_coroutine_types_and_attributes(watch: Watch) -> None:
    coroutine = outer()

    assert isinstance(coroutine, collections.abc.Coroutine)
    assert not isinstance(coroutine, collections.abc.Iterable)
    assert asyncio.iscoroutine(coroutine)
    assert inspect.isawaitable(coroutine)
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED
    assert (coroutine.__name__, coroutine.cr_code) == ("outer", outer.__code__)
    coroutine.close()


def test_dunder_await_can_be_delegated_to(watch: Watch) -> None:
    class Awaitable:
        def __await__(self) -> Any:
            return (yield from inner(3).__await__())

    async def use() -> Any:
        return await Awaitable()

    assert run(use()) == 3


def test_yield_from_takes_coroutines_in_coroutines_only(watch: Watch) -> None:
    @types.coroutine
    def delegate() -> Any:
        return (yield from inner(3))

    def iterate() -> Any:
        yield from inner(3)  # type: ignore[misc]

    generator = delegate()
    assert (generator.send(None), attempt(lambda: generator.send(4))) == (3, (StopIteration, (4,)))
    with pytest.warns(RuntimeWarning, match="never awaited"), pytest.raises(TypeError, match="not iterable"):
        list(iterate())


def test_chain_of_awaits_can_be_followed(watch: Watch) -> None:
    coroutine = outer()
    coroutine.send(None)

    assert coroutine.cr_await.cr_code is inner.__code__
    assert coroutine.cr_await.cr_await.gi_code is pause.__code__
    coroutine.close()


def test_generator_marked_as_coroutine_is_both(watch: Watch) -> None:
    step = wrap(pause)

    async def use() -> Any:
        return await step(4)

    assert run(use()) == 4
    assert watch.steps() == ["CALL pause", "YIELD pause", "RESUME pause", "RETURN pause"]
    assert isinstance(step(4), collections.abc.Generator)


def test_asyncio_runs_tasks_each_on_its_own_stack(watch: Watch) -> None:
    @wrap
    async def work(n: int) -> int:
        await asyncio.sleep(0)
        await part()
        return n

    @wrap
    async def part() -> None:
        await asyncio.sleep(0)

    async def main() -> list[int]:
        return await asyncio.gather(*(asyncio.create_task(work(n)) for n in range(3)))

    assert asyncio.run(main()) == [0, 1, 2]
    calls = watch.calls()
    assert [call.outcome for call in calls] == [Outcome.RETURNED] * 6
    assert [calls[call.parent].task for call in calls if call.function == "part"] == [
        call.task for call in calls if call.function == "part"
    ]
    assert len({call.task for call in calls}) == 3


def test_asyncio_runs_and_cancels_a_recorded_coroutine(watch: Watch) -> None:
    @wrap
    async def wait() -> None:
        await asyncio.sleep(60)

    @wrap
    async def main() -> str:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(wait(), 0.01)
        return "done"

    assert asyncio.run(main()) == "done"
    assert [(call.function, call.outcome) for call in watch.calls()] == [
        ("main", Outcome.RETURNED),
        ("wait", Outcome.RAISED),
    ]
