"""Generators of wrapped functions: they behave as they do, and every stretch of their frames is recorded."""

from __future__ import annotations

import collections.abc
import gc
import inspect
import sys
import types
import weakref
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from tests.support.wrapped import Watch

from callbox.engine.kernels import decode_capture
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.engine.wrap import wrap
from callbox.model import Outcome


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch()
    yield made
    made.stop()


@wrap
def count(n: int) -> Generator[int, Any, str]:
    """Yield the first numbers."""
    yield from range(n)
    return "done"


@wrap
def echo() -> Generator[Any, Any, None]:
    received = None
    while True:
        try:
            received = yield received
        except KeyError as error:
            received = error


@wrap
def end_quietly() -> Generator[int, None, str]:
    try:
        yield 1
    except GeneratorExit:
        return "closed"
    return "ended"


@wrap
def ignore_close() -> Generator[int, None, None]:
    try:
        yield 1
    except GeneratorExit:
        yield 2


@wrap
def relay() -> Generator[int, None, str]:
    return (yield from count(1))


def drive(generator: Generator[Any, Any, Any], *steps: Callable[[Any], Any]) -> list[Any]:
    """Take steps; return what each gave, or the error it raised."""
    given: list[Any] = []
    for step in steps:
        try:
            given.append(step(generator))
        except BaseException as error:
            given.append((type(error), error.args))
    return given


def throw(error: Any) -> Callable[[Any], Any]:
    return lambda generator: generator.throw(error)


def send(value: Any) -> Callable[[Any], Any]:
    return lambda generator: generator.send(value)


def close(generator: Any) -> Any:
    return generator.close()


SCRIPTS: dict[str, tuple[Callable[..., Any], tuple[Callable[[Any], Any], ...], list[str]]] = {
    "run out": (lambda: count(1), (next, next, next), ["CALL", "YIELD", "RESUME", "RETURN"]),
    "send": (echo, (next, send((1, 2)), send(ValueError())), ["CALL", "YIELD", *["RESUME", "YIELD"] * 2]),
    "send too early": (echo, (send(1), next), ["CALL", "YIELD"]),
    "throw and go on": (echo, (next, throw(KeyError(3)), next), ["CALL", "YIELD", "THROW", "YIELD", "RESUME", "YIELD"]),
    "throw and unwind": (echo, (next, throw(ValueError), next), ["CALL", "YIELD", "THROW", "UNWIND"]),
    "throw too early": (echo, (throw(ValueError(1)), next), ["THROW", "UNWIND"]),
    "throw no exception": (echo, (next, throw(4), next), ["CALL", "YIELD", "RESUME", "YIELD"]),
    "throw too early, then close": (echo, (throw(ValueError(1)), close), ["THROW", "UNWIND"]),
    "throw StopIteration": (echo, (next, throw(StopIteration(5))), ["CALL", "YIELD", "THROW", "UNWIND"]),
    "close": (echo, (next, close, next), ["CALL", "YIELD", "THROW", "UNWIND"]),
    "close too early": (echo, (close, next), []),
    "close twice": (lambda: count(1), (next, close, close), ["CALL", "YIELD", "THROW", "UNWIND"]),
    "close and return": (end_quietly, (next, close), ["CALL", "YIELD", "THROW", "RETURN"]),
    "close in vain": (ignore_close, (next, close, next), ["CALL", "YIELD", "THROW", "YIELD", "RESUME", "RETURN"]),
    "delegate": (
        relay,
        (next, next),
        ["CALL", "CALL", "YIELD", "YIELD", "RESUME", "RESUME", "RETURN", "RETURN"],
    ),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_generator_does_what_the_real_one_does_and_is_recorded(watch: Watch, script: str) -> None:
    make, steps, kinds = SCRIPTS[script]
    generator = make()
    given = drive(generator, *steps)
    recorded = watch.kinds()
    watch.stop()

    assert given == drive(make(), *steps)
    assert recorded == kinds


def test_generator_is_the_real_one_when_nothing_records() -> None:
    assert type(count(1)) is types.GeneratorType


def test_generator_is_the_real_one_when_its_function_is_excluded() -> None:
    recorder = NativeRecorder(Options(filters=("other",)), "wrap")
    recorder.start()
    generator = count(1)
    recorder.stop()

    assert type(generator) is types.GeneratorType


def test_return_value_arrives(watch: Watch) -> None:
    assert drive(relay(), next, next)[-1] == (StopIteration, ("done",))


def test_one_frame_identity_lasts_for_one_generator(watch: Watch) -> None:
    first, second = count(2), count(2)
    next(first), next(second), next(first)

    frames = [event.frame for event in watch.events() if event.kind != "YIELD"]

    assert frames[0] == frames[2] != frames[1]
    assert 0 not in frames


def test_folded_generator_is_one_call(watch: Watch) -> None:
    list(count(3))
    next(echo())
    gc.collect()

    assert [(call.outcome, call.n_resumes) for call in watch.calls()] == [(Outcome.RETURNED, 3), (Outcome.RAISED, 1)]


def test_dropped_generator_is_closed_and_that_is_recorded(watch: Watch) -> None:
    seen: list[str] = []

    @wrap
    def guarded() -> Iterator[int]:
        try:
            yield 1
        finally:
            seen.append("cleaned")

    for _ in guarded():
        break
    gc.collect()

    assert seen == ["cleaned"]
    assert watch.kinds() == ["CALL", "YIELD", "THROW", "UNWIND"]


def test_dropped_generator_that_fails_is_reported_as_ever(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reports.append((report.exc_type, type(report.object))))

    next(ignore_close())
    watch.stop()
    next(ignore_close())

    assert watch.kinds() == ["CALL", "YIELD", "THROW", "UNWIND"]
    assert len(reports) == 2
    assert reports[0] == reports[1]


def test_generator_in_a_cycle_is_closed(watch: Watch) -> None:
    @wrap
    def hold(box: list[Any]) -> Iterator[object]:
        yield box

    box: list[Any] = []
    generator = hold(box)
    box.append(generator)
    next(generator)
    reference = weakref.ref(generator)
    del box, generator

    gc.collect()

    assert reference() is None


def test_running_generator_refuses_to_be_run(watch: Watch) -> None:
    @wrap
    def impatient() -> Iterator[Any]:
        yield drive(itself, next, close)

    itself = impatient()

    assert next(itself) == [(ValueError, ("generator already executing",))] * 2
    assert watch.kinds() == ["CALL", "YIELD"]


def test_generator_goes_on_after_the_recording(watch: Watch) -> None:
    generator = count(3)
    next(generator)
    watch.stop()

    assert list(generator) == [1, 2]
    assert watch.kinds() == ["CALL", "YIELD"]


def test_generator_of_an_earlier_recording_is_resumed_in_a_later_one(watch: Watch) -> None:
    generator = count(3)
    next(generator)
    watch.stop()
    later = Watch()
    next(generator)
    later.stop()

    assert later.kinds() == ["RESUME", "YIELD"]


def test_abstract_types_and_attributes_are_those_of_a_generator(watch: Watch) -> None:
    generator = count(2)

    assert isinstance(generator, collections.abc.Generator)
    assert not isinstance(generator, collections.abc.Awaitable)
    assert iter(generator) is generator
    assert (generator.__name__, generator.__qualname__) == ("count", "count")
    assert generator.gi_code is count.__code__  # type: ignore[attr-defined]
    assert (generator.gi_running, generator.gi_yieldfrom) == (False, None)
    assert inspect.getgeneratorstate(generator) == inspect.GEN_CREATED
    assert repr(generator).startswith("<callbox.wrap of <generator object count at 0x")


def test_name_is_set_on_the_real_generator(watch: Watch) -> None:
    generator = count(2)
    generator.__name__ = "renamed"

    assert (generator.__name__, generator.gi_frame.f_code.co_name) == ("renamed", "count")
    with pytest.raises(AttributeError):
        generator.absent = 1  # type: ignore[attr-defined]


def test_traceback_has_the_frames_it_would_have(watch: Watch) -> None:
    @wrap
    def fail() -> Iterator[int]:
        yield 1
        raise KeyError

    with pytest.raises(KeyError) as caught:
        list(fail())

    assert [entry.name for entry in caught.traceback] == ["test_traceback_has_the_frames_it_would_have", "fail"]


def test_depth_counts_generators(watch: Watch) -> None:
    recorder = NativeRecorder(Options(max_depth=1), "wrap")
    recorder.start()
    list(relay())
    recorder.stop()

    names = decode_capture(recorder.capture())[0]["code"]

    assert len(names) == 4
    assert len(set(names)) == 1
