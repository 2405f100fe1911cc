"""Recording while a function runs, whatever kind of function it is."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar, cast

from callbox.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from contextlib import AbstractContextManager

F = TypeVar("F", bound="Callable[..., Any]")


def decorate(function: F, recording: AbstractContextManager[object]) -> F:
    """Wrap a function so that it runs inside `recording`; a wrapper is of the same kind as what it wraps.

    A coroutine is inside from its first step to its end, what it awaits and
    other tasks meanwhile too. A generator is inside while it runs, and not while
    it waits to be resumed.

    Raises:
        ConfigError: it is no function.
    """
    if isinstance(function, staticmethod | classmethod):
        return cast("F", type(function)(decorate(function.__func__, recording)))
    if isinstance(function, type) or not callable(function):
        raise ConfigError(f"cannot trace {function!r}: it is no function; decorate its methods, or use `with tracer:`")
    if inspect.isasyncgenfunction(function):
        wrapper: Any = _async_generator(function, recording)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(function, recording)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(function, recording)
    else:
        wrapper = _plain(function, recording)
    return cast("F", functools.wraps(function)(wrapper))


def _plain(function: Callable[..., Any], recording: AbstractContextManager[object]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        with recording:
            return function(*args, **kwargs)

    return run


def _coroutine(function: Callable[..., Any], recording: AbstractContextManager[object]) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> Any:
        with recording:
            return await function(*args, **kwargs)

    return run


def _generator(function: Callable[..., Any], recording: AbstractContextManager[object]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        step, value = generator.send, None
        while True:
            with recording:
                try:
                    item = step(value)
                except StopIteration as stop:
                    return stop.value
            try:
                step, value = generator.send, (yield item)
            except GeneratorExit:
                with recording:
                    generator.close()
                raise
            except BaseException as error:
                step, value = generator.throw, error

    return run


def _async_generator(function: Callable[..., Any], recording: AbstractContextManager[object]) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        step, value = generator.asend, None
        while True:
            with recording:
                try:
                    item = await step(value)
                except StopAsyncIteration:
                    return
            try:
                step, value = generator.asend, (yield item)
            except GeneratorExit:
                with recording:
                    await generator.aclose()
                raise
            except BaseException as error:
                step, value = generator.athrow, error

    return run
