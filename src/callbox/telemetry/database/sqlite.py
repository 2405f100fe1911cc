"""Queries of `sqlite3` itself: connections that are opened from now on are of a class that tells of them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers

SYSTEM = "sqlite"
_N_BEFORE_FACTORY = 5
_NOT_THE_TESTS = "coverage."
"""Modules whose databases are of the measurement, not of what is measured."""


@dataclass(slots=True)
class _Watched:
    """What is known of a connection."""

    alias: str
    is_told_above: bool = False

    @property
    def about(self) -> dict[str, Any]:
        """What is told with each of its statements."""
        return {"alias": self.alias, "system": SYSTEM}


_UNNAMED = _Watched(SYSTEM)
_watched: weakref.WeakKeyDictionary[sqlite3.Connection, _Watched] = weakref.WeakKeyDictionary()
"""Connections that are watched. Nothing is kept in them: what records values would show it."""
_NOTHING: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()


def attach(watchers: Watchers) -> Callable[[], None]:
    """Put a connect in place that uses watched classes unless it is given a factory; return what undoes it."""
    connection_class = _watched_classes(watchers)
    own = sqlite3.connect

    def connect(database: Any, *args: Any, **kwargs: Any) -> Any:
        if sys._getframe(1).f_globals.get("__name__", "").startswith(_NOT_THE_TESTS):
            return own(database, *args, **kwargs)
        if len(args) < _N_BEFORE_FACTORY:
            kwargs.setdefault("factory", connection_class)
        connection = own(database, *args, **kwargs)
        if type(connection) is connection_class:
            _watched[connection] = _Watched(_name_of(database))
        return connection

    holders = _holders_of(own)
    for names in holders:
        names["connect"] = connect

    def detach() -> None:
        for names in holders:
            if names.get("connect") is connect:
                names["connect"] = own

    return detach


def _holders_of(connect: Any) -> list[dict[str, Any]]:
    """Return the names of the modules that have it: its own, and those that said `from sqlite3 import connect`."""
    modules = (module for module in tuple(sys.modules.values()) if type(module) is ModuleType)
    return [names for module in modules if (names := vars(module)).get("connect") is connect]


def _watched_classes(watchers: Watchers) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        """A cursor whose statements are told; else it looks like the class that it stands for."""

        __module__, __qualname__, __slots__ = "sqlite3", "Cursor", ()

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            with watchers.watching(sql, parameters, **_of(self.connection).about) as about:
                result = super().execute(sql, parameters)
                about["n_rows"] = self.rowcount
            return result

        def executemany(self, sql: str, parameters: Any, /) -> Any:
            with watchers.watching(sql, (), is_many=True, **_of(self.connection).about) as about:
                result = super().executemany(sql, parameters)
                about["n_rows"] = self.rowcount
            return result

        def executescript(self, sql: str, /) -> Any:
            with watchers.watching(sql, (), is_many=True, **_of(self.connection).about):
                return super().executescript(sql)

    class Connection(sqlite3.Connection):
        """A connection whose cursors are watched, and which tells of its transactions."""

        __module__, __qualname__, __slots__ = "sqlite3", "Connection", ("__weakref__",)

        def cursor(self, factory: Any = None) -> Any:
            if factory is None:
                factory = sqlite3.Cursor if _of(self).is_told_above else Cursor
            return super().cursor(factory)

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            return self.cursor().execute(sql, parameters)

        def executemany(self, sql: str, parameters: Any, /) -> Any:
            return self.cursor().executemany(sql, parameters)

        def executescript(self, sql: str, /) -> Any:
            return self.cursor().executescript(sql)

        def commit(self) -> None:
            with self._told("COMMIT"):
                super().commit()

        def rollback(self) -> None:
            with self._told("ROLLBACK"):
                super().rollback()

        def __exit__(self, *error: Any) -> Any:
            with self._told("COMMIT" if error[0] is None else "ROLLBACK"):
                return super().__exit__(*error)

        def _told(self, word: str) -> contextlib.AbstractContextManager[Any]:
            return watchers.watching(word, (), **_of(self).about) if self.in_transaction else _NOTHING

    return Connection


def claim(connection: Any) -> None:
    """Hear from a library that stands on a connection, in another thread, that it tells of its statements."""
    if connection in _watched:
        _watched[connection].is_told_above = True


def _of(connection: Any) -> _Watched:
    return _watched.get(connection, _UNNAMED)


def _name_of(database: Any) -> str:
    name = os.fsdecode(database) if isinstance(database, str | bytes | os.PathLike) else str(database)
    return "memory" if name == ":memory:" else os.path.basename(name)  # noqa: PTH119
