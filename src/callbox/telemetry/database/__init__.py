"""Queries of whatever database library a process has loaded, told to one place.

A library that stands on another, as Django on sqlite3, tells its queries itself;
those that it then makes below are not told again.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar, Token
from types import ModuleType
from typing import Any

from callbox.telemetry.database.dbapi import WatchedConnection, watch_connection

__all__ = ["WatchedConnection", "Watchers", "watch_connection", "watch_databases"]

Note = Callable[..., object]
"""Called as `note(sql, parameters, duration_ns, alias=, system=, n_rows=, is_many=)`."""
_LIBRARIES = {"django.db": "django", "sqlalchemy": "sqlalchemy", "sqlite3": "sqlite", "psycopg": "psycopg"}


class Watching:
    """The time in which a statement is executed. Written as a class: it costs less than a generator."""

    __slots__ = ("_about", "_began_ns", "_parameters", "_sql", "_token", "_watchers")

    def __init__(self, watchers: Watchers, sql: str, parameters: Any, about: dict[str, Any]) -> None:
        self._watchers = watchers
        self._sql = sql
        self._parameters = parameters
        self._about = about
        self._token: Token[bool] | None = None

    def __enter__(self) -> dict[str, Any]:
        is_inside = self._watchers.is_inside
        if not is_inside.get():
            self._token = is_inside.set(True)
            self._began_ns = time.perf_counter_ns()
        return self._about

    def __exit__(self, *error: object) -> None:
        if self._token is not None:
            duration_ns = time.perf_counter_ns() - self._began_ns
            self._watchers.is_inside.reset(self._token)
            self._watchers.tell(self._sql, self._parameters, duration_ns, **self._about)


class Watchers:
    """Attaches to database libraries as they are loaded, and lets go of them."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self.is_inside = ContextVar("callbox_inside", default=False)
        """Whether a library executes what it tells of itself; each thread and task for itself."""
        self.is_idle = False
        """Whether no test runs to which a statement could be counted: what begins now need not be told."""
        self._detach: dict[str, Callable[[], object]] = {}

    def attach(self) -> None:
        """Attach to libraries that were loaded since the last time."""
        for library, name in _LIBRARIES.items():
            if library not in self._detach and library in sys.modules:
                module: ModuleType = importlib.import_module(f"{__name__}.{name}")
                self._detach[library] = module.attach(self)

    def detach(self) -> None:
        """Let go of all of them."""
        for detach in self._detach.values():
            detach()
        self._detach.clear()

    def watching(self, sql: str, parameters: Any, **about: Any) -> Watching:
        """Time a statement and tell of it, unless a library above does; the block may add `n_rows`."""
        return Watching(self, sql, parameters, about)

    def tell(self, sql: str, parameters: Any, duration_ns: int, **about: Any) -> None:
        """Tell of a statement that was timed elsewhere, whatever stands above."""
        self._note(sql, parameters, duration_ns, **about)

    def set_inside(self, is_inside: bool) -> None:
        """Say that a library begins or ends to execute what it will tell of itself; for this thread or task."""
        self.is_inside.set(is_inside)


active: list[Watchers] = []
"""Those that connections wrapped by hand tell."""


@contextlib.contextmanager
def watch_databases(note: Note) -> Iterator[Watchers]:
    """Watch as long as the context lasts."""
    watchers = Watchers(note)
    watchers.attach()
    active.append(watchers)
    try:
        yield watchers
    finally:
        active.remove(watchers)
        watchers.detach()
