"""Around stretches of work, as requests and jobs: what they raise is captured, and goes on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from callbox.failures.capture import Subject
from callbox.failures.catch import arguments_of
from callbox.failures.production import current
from callbox.failures.work import CURRENT, Work


def tell(error: BaseException, origin: str, work: Work) -> None:
    """Capture what a stretch of work raised."""
    _tell(error, origin, functools.partial(_subject_of, work))


def _subject_of(work: Work) -> Subject:
    return Subject(name=work.name, metadata=work.metadata)


def _tell(error: BaseException, origin: str, subject: Callable[[], Subject]) -> None:
    installation = current()
    if installation is not None:
        installation.tell(error, origin, subject)


class Watched:
    """Around a stretch of work: what it raises is captured, and goes on.

    What is logged with an exception meanwhile is told to belong to it.
    """

    def __init__(self, name: str, origin: str = "task", **metadata: Any) -> None:
        """Name the work, and what else is to be known of it."""
        self._work = Work(name, metadata)
        self._origin = origin

    def __enter__(self) -> Watched:
        """Say that the thread or task is busy with this from now on."""
        self._before = CURRENT.get()
        CURRENT.set(self._work)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Say that it is not any more, and capture what was raised."""
        # not by a token: what resumes a generator may have another context than who began it
        CURRENT.set(self._before)
        if error is not None:
            _tell(error, self._origin, self._subject)

    def _subject(self) -> Subject:
        return _subject_of(self._work)


def watch_task(function: Callable[..., Any] | None = None, *, name: str = "", **metadata: Any) -> Any:
    """Capture what a task raises, with its arguments; the exception goes on to the queue that runs it.

    To stand below the decorator of the queue, with or without parentheses:

        @app.task
        @watch_task
        def charge(order_id): ...

    Args:
        function: the task, a function or a coroutine function.
        name: of the task; empty: the function's.
        metadata: what else is to be known of it.
    """
    if function is None:
        return functools.partial(watch_task, name=name, **metadata)
    work = Work(name or getattr(function, "__qualname__", type(function).__qualname__), metadata)
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            with _Task(function, work, args, kwargs):
                return await function(*args, **kwargs)

        return run

    @functools.wraps(function)
    def run_plain(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        with _Task(function, work, args, kwargs):
            return function(*args, **kwargs)

    return run_plain


class _Task(Watched):
    """One call of a task."""

    def __init__(
        self, function: Callable[..., Any], work: Work, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        super().__init__(work.name, **work.metadata)
        self._function = function
        self._args = args
        self._kwargs = kwargs

    def _subject(self) -> Subject:
        return Subject(
            name=self._work.name,
            module=getattr(self._function, "__module__", None) or "",
            code=getattr(self._function, "__code__", None),
            arguments=arguments_of(self._function, self._args, self._kwargs),
            metadata=self._work.metadata,
        )
