"""The places where the interpreter and its libraries tell of exceptions that nobody caught.

Each hook calls what was there before, and is taken out only if it is still ours:
somebody may have put one of theirs over it, which calls it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

Tell = Callable[[BaseException, str, "dict[str, Any]"], object]
"""Called as `tell(error, origin, metadata)`."""


class Hook(Protocol):
    """What can be put in and taken out."""

    def install(self) -> None:
        """Put it in."""

    def remove(self) -> None:
        """Take it out, where it is still the one that is there."""


class AttributeHook:
    """Stands in for a function that is kept as an attribute."""

    def __init__(self, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Prepare.

        Args:
            owner: a module or class.
            name: of the attribute.
            make: makes the stand-in from what is there.
        """
        self._owner = owner
        self._name = name
        self._make = make
        self._before: Callable[..., Any] | None = None
        self._ours: Callable[..., Any] | None = None

    def install(self) -> None:
        """Put the stand-in in."""
        self._before = getattr(self._owner, self._name)
        self._ours = self._make(self._before)
        setattr(self._owner, self._name, self._ours)

    def remove(self) -> None:
        """Put back what was there."""
        if self._ours is not None and getattr(self._owner, self._name) is self._ours:
            setattr(self._owner, self._name, self._before)


class LogRecordHook:
    """Sees the log records that carry an exception, as they are made: no handler is added anywhere."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._before: Callable[..., logging.LogRecord] | None = None
        self._ours: Callable[..., logging.LogRecord] | None = None

    def install(self) -> None:
        """Put our factory of records in front of the one that is there."""
        before = self._before = logging.getLogRecordFactory()

        def make_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
            record = before(*args, **kwargs)
            exc_info = record.exc_info
            if isinstance(exc_info, tuple) and exc_info[1] is not None and record.levelno >= logging.ERROR:
                self._tell(exc_info[1], "logging", {"logger": record.name})
            return record

        self._ours = make_record
        logging.setLogRecordFactory(make_record)

    def remove(self) -> None:
        """Put the factory back that was there."""
        if self._before is not None and logging.getLogRecordFactory() is self._ours:
            logging.setLogRecordFactory(self._before)


def all_hooks(tell: Tell) -> Sequence[Hook]:
    """Return a hook for each place, not yet installed."""
    return (
        AttributeHook(sys, "excepthook", lambda before: _excepthook(tell, before)),
        AttributeHook(threading, "excepthook", lambda before: _thread_hook(tell, before)),
        AttributeHook(sys, "unraisablehook", lambda before: _unraisable_hook(tell, before)),
        AttributeHook(asyncio.BaseEventLoop, "call_exception_handler", lambda before: _loop_hook(tell, before)),
        LogRecordHook(tell),
    )


def _excepthook(tell: Tell, before: Callable[..., Any]) -> Callable[..., Any]:
    def excepthook(kind: type[BaseException], error: BaseException | None, traceback: Any) -> None:
        if error is not None:
            tell(error, "excepthook", {})
        before(kind, error, traceback)

    return excepthook


def _thread_hook(tell: Tell, before: Callable[..., Any]) -> Callable[..., Any]:
    def excepthook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            tell(args.exc_value, "threading", {"thread": args.thread.name if args.thread is not None else "gone"})
        before(args)

    return excepthook


def _unraisable_hook(tell: Tell, before: Callable[..., Any]) -> Callable[..., Any]:
    def unraisablehook(unraisable: Any) -> None:
        if unraisable.exc_value is not None:
            tell(unraisable.exc_value, "unraisable", {})
        before(unraisable)

    return unraisablehook


def _loop_hook(tell: Tell, before: Callable[..., Any]) -> Callable[..., Any]:
    def call_exception_handler(self: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            tell(error, "asyncio", {"message": str(context.get("message", ""))[:200]})
        before(self, context)

    return call_exception_handler
