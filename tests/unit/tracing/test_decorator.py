"""Functions of every kind, recorded while they run."""

from __future__ import annotations

import asyncio
import inspect
import threading
import warnings

import pytest

from callbox import ConfigError
from callbox.tracing import FunctionTracer

HERE = __name__


class Failure(Exception):
    pass


def leaf() -> int:
    return 1


def branch() -> int:
    return leaf() + leaf()


def fail() -> None:
    raise Failure("no")


@pytest.fixture
def tracer() -> FunctionTracer:
    return FunctionTracer([HERE])


def names(tracer: FunctionTracer) -> list[str]:
    """Return the functions that were called, in order."""
    return [event.function_name for event in tracer.filter_events(event_type="call")]


def test_decorated_function_is_recorded_whenever_it_runs(tracer) -> None:
    decorated = tracer(branch)

    result = decorated()
    leaf()
    decorated()

    assert result == 2
    assert names(tracer) == ["branch", "leaf", "leaf"] * 2


def test_decorated_function_keeps_its_name_and_signature(tracer) -> None:
    def greet(name: str, *, loud: bool = False) -> str:
        """Greet."""
        return name.upper() if loud else name

    decorated = tracer(greet)

    assert (decorated.__name__, decorated.__doc__, decorated.__wrapped__) == ("greet", "Greet.", greet)
    assert inspect.signature(decorated) == inspect.signature(greet)
    assert decorated("a", loud=True) == "A"


def test_decorated_function_may_raise(tracer) -> None:
    with pytest.raises(Failure):
        tracer(fail)()

    assert not tracer.is_recording
    assert tracer.format_trace() == "fail() ✗ raised"


def test_decorated_function_may_call_itself(tracer) -> None:
    @tracer
    def count_down(n: int) -> int:
        return count_down(n - 1) if n else 0

    count_down(3)

    assert names(tracer) == ["count_down"] * 4
    assert not tracer.is_recording


def test_decorated_function_leaves_a_running_tracer_running(tracer) -> None:
    decorated = tracer(leaf)
    with tracer:
        decorated()
        is_recording = tracer.is_recording
        branch()

    assert is_recording
    assert names(tracer) == ["leaf", "branch", "leaf", "leaf"]


def test_decorated_function_may_run_in_threads_at_once(tracer) -> None:
    barrier = threading.Barrier(4)

    @tracer
    def meet() -> None:
        barrier.wait(timeout=30)

    threads = [threading.Thread(target=meet) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert names(tracer) == ["meet"] * 4
    assert not tracer.is_recording


def test_coroutine_function_stays_one_and_is_recorded_to_its_end(tracer) -> None:
    @tracer
    async def work() -> int:
        await asyncio.sleep(0)
        return leaf()

    assert inspect.iscoroutinefunction(work)
    assert asyncio.run(work()) == 1
    assert names(tracer) == ["work", "leaf"]


def test_coroutine_function_may_run_in_tasks_at_once(tracer) -> None:
    @tracer
    async def work() -> int:
        await asyncio.sleep(0)
        return leaf()

    async def main() -> list[int]:
        return await asyncio.gather(work(), work())

    assert asyncio.run(main()) == [1, 1]
    assert sorted(names(tracer)) == ["leaf", "leaf", "work", "work"]
    assert not tracer.is_recording


def test_generator_function_stays_one_and_is_recorded_only_while_it_runs(tracer) -> None:
    @tracer
    def numbers():
        yield leaf()
        yield 2

    generator = numbers()
    first = next(generator)
    is_recording = tracer.is_recording
    branch()
    rest = list(generator)

    assert inspect.isgeneratorfunction(numbers)
    assert (first, is_recording, rest) == (1, False, [2])
    assert names(tracer) == ["numbers", "leaf"]


def test_generator_function_passes_on_what_is_sent_thrown_and_returned(tracer) -> None:
    @tracer
    def echo():
        received = yield "ready"
        try:
            yield received
        except Failure:
            yield "caught"
        return "done"

    generator = echo()
    seen = [next(generator), generator.send("sent"), generator.throw(Failure())]
    with pytest.raises(StopIteration) as stop:
        next(generator)

    assert seen == ["ready", "sent", "caught"]
    assert stop.value.value == "done"


def test_closing_a_generator_closes_the_function_inside(tracer) -> None:
    closed = []

    @tracer
    def numbers():
        try:
            yield 1
        finally:
            closed.append(leaf())

    generator = numbers()
    next(generator)
    generator.close()

    assert closed == [1]
    assert names(tracer) == ["numbers", "leaf"]
    assert not tracer.is_recording


def test_async_generator_function_stays_one(tracer) -> None:
    closed = []

    @tracer
    async def numbers():
        try:
            received = yield leaf()
            yield received
            yield "never"
        finally:
            closed.append("closed")

    async def main() -> list[object]:
        generator = numbers()
        seen = [await anext(generator), await generator.asend("sent")]
        await generator.aclose()
        return seen

    assert inspect.isasyncgenfunction(numbers)
    assert asyncio.run(main()) == [1, "sent"]
    assert closed == ["closed"]
    assert names(tracer) == ["numbers", "leaf"]


def test_async_generator_function_ends_and_catches(tracer) -> None:
    @tracer
    async def numbers():
        try:
            yield 1
        except Failure:
            yield 2

    async def main() -> list[int]:
        generator = numbers()
        return [await anext(generator), await generator.athrow(Failure()), *[n async for n in generator]]

    assert asyncio.run(main()) == [1, 2]
    assert not tracer.is_recording


def test_methods_of_every_kind_can_be_decorated(tracer) -> None:
    class Thing:
        @tracer
        def method(self) -> object:
            return self

        @tracer
        @classmethod
        def of_class(cls) -> object:
            return cls

        @tracer
        @staticmethod
        def of_none() -> int:
            return leaf()

    thing = Thing()

    assert (thing.method(), thing.of_class(), thing.of_none()) == (thing, Thing, 1)
    assert names(tracer) == ["method", "of_class", "of_none", "leaf"]


@pytest.mark.parametrize("thing", [int, 5])
def test_what_is_no_function_cannot_be_decorated(tracer, thing) -> None:
    with pytest.raises(ConfigError, match="it is no function"):
        tracer(thing)


def test_unmatched_filter_of_a_decorator_warns_at_the_call() -> None:
    decorated = FunctionTracer("zzqqx.*")(leaf)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decorated()

    assert [warning.filename for warning in caught] == [__file__]
