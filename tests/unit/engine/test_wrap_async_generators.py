"""Asynchronous generators of wrapped functions: driven step by step, and recorded each time they go on."""

from __future__ import annotations

import asyncio
import collections.abc
import contextlib
import gc
import types
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from tests.support.wrapped import Watch, attempt, pause, run

from callbox.engine.wrap import wrap


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch()
    yield made
    made.stop()


@wrap
async def ticks(n: int) -> AsyncGenerator[Any, Any]:
    """Give numbers, with a pause before each."""
    for i in range(n):
        await pause(i)
        received = yield i
        if received is not None:
            yield received


@wrap
async def sturdy() -> AsyncGenerator[int, None]:
    for i in range(3):
        with contextlib.suppress(KeyError):
            yield i


async def collect(stream: AsyncIterator[Any]) -> list[Any]:
    return [value async for value in stream]


def test_async_generator_is_recorded_each_time_it_goes_on(watch: Watch) -> None:
    assert run(collect(ticks(2))) == [0, 1]
    assert watch.steps() == [
        *("CALL ticks", "YIELD ticks", "RESUME ticks", "YIELD ticks"),
        *("RESUME ticks", "YIELD ticks", "RESUME ticks", "YIELD ticks"),
        *("RESUME ticks", "RETURN ticks"),
    ]


def test_async_generator_types_and_attributes(watch: Watch) -> None:
    stream = ticks(1)

    assert isinstance(stream, collections.abc.AsyncGenerator)
    assert not isinstance(stream, collections.abc.Awaitable)
    assert aiter(stream) is stream
    assert (stream.__name__, stream.ag_running, stream.ag_code) == ("ticks", False, ticks.__code__)


async def use_sent_values() -> list[Any]:
    stream = ticks(1)
    given = [await stream.asend(None), await stream.asend("sent")]
    return [*given, await anext(stream, "default"), await anext(stream, "default")]


async def throw_and_go_on() -> list[Any]:
    stream = sturdy()
    return [await anext(stream), await stream.athrow(KeyError()), await collect(stream)]


async def throw_and_unwind() -> list[Any]:
    stream = sturdy()
    await anext(stream)
    with contextlib.suppress(ValueError):
        await stream.athrow(ValueError)
    return await collect(stream)


async def send_too_early() -> list[Any]:
    stream = sturdy()
    with contextlib.suppress(TypeError):
        await stream.asend(1)
    return await collect(stream)


async def close_early() -> list[Any]:
    stream = sturdy()
    await anext(stream)
    await stream.aclose()
    await stream.aclose()
    return await collect(stream)


async def close_before() -> list[Any]:
    stream = sturdy()
    await stream.aclose()
    return await collect(stream)


async def reuse_step() -> list[Any]:
    stream = sturdy()
    step = stream.__anext__()
    first = await step
    with contextlib.suppress(RuntimeError):
        await step
    return [first, await collect(stream)]


async def overlap_steps() -> list[Any]:
    stream = ticks(1)
    waiting = stream.__anext__()
    waiting.send(None)
    with contextlib.suppress(RuntimeError):
        await anext(stream)
    return [attempt(lambda: waiting.send(None))]


CALL, RESUME, THROW = (("CALL", "YIELD"), ("RESUME", "YIELD"), ("THROW", "YIELD"))
SCRIPTS: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "send": (use_sent_values, [*CALL, *RESUME, *RESUME, "RESUME", "RETURN"]),
    "throw and go on": (throw_and_go_on, [*CALL, *THROW, *RESUME, "RESUME", "RETURN"]),
    "throw and unwind": (throw_and_unwind, [*CALL, "THROW", "UNWIND"]),
    "send too early": (send_too_early, [*CALL, *RESUME, *RESUME, "RESUME", "RETURN"]),
    "close": (close_early, [*CALL, "THROW", "UNWIND"]),
    "close before": (close_before, ["CALL", "RETURN"]),
    "reuse a step": (reuse_step, [*CALL, *RESUME, *RESUME, "RESUME", "RETURN"]),
    "overlap steps": (overlap_steps, [*CALL, *RESUME]),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_async_generator_does_what_the_real_one_does_and_is_recorded(watch: Watch, script: str) -> None:
    work, kinds = SCRIPTS[script]
    given = attempt(lambda: run(work()))
    gc.collect()
    recorded = watch.kinds()
    watch.stop()

    assert given == attempt(lambda: run(work()))
    assert recorded == kinds


def test_async_generator_left_early_is_closed_by_the_event_loop(watch: Watch) -> None:
    seen: list[str] = []

    @wrap
    async def guarded() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            seen.append("cleaned")

    async def main() -> None:
        async for _ in guarded():
            break
        gc.collect()
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)

    asyncio.run(main())

    assert seen == ["cleaned"]
    assert watch.steps() == ["CALL guarded", "YIELD guarded"]


def test_context_managers_of_wrapped_functions_work(watch: Watch) -> None:
    @contextlib.asynccontextmanager
    @wrap
    async def scope() -> AsyncIterator[str]:
        try:
            yield "inside"
        except KeyError:
            await pause(None)

    async def use() -> str:
        async with scope() as name:
            raise KeyError
        return name

    assert run(use()) == "inside"
    assert watch.kinds() == [*CALL, *THROW, "RESUME", "RETURN"]


def test_async_generator_is_the_real_one_when_nothing_records() -> None:
    assert type(ticks(1)) is types.AsyncGeneratorType


def test_nothing_warns_of_steps_that_were_awaited(watch: Watch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(collect(ticks(2))) == [0, 1]
        gc.collect()
