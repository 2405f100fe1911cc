"""Queries of `sqlite3` itself: connections that are opened from now on are of a class that tells of them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers


def attach(watchers: Watchers) -> Callable[[], None]:
    """Put a connect in place that uses watched classes unless it is given a factory; return what undoes it."""

    class Cursor(sqlite3.Cursor):
        """A cursor whose statements are told."""

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            with watchers.watching(sql, parameters, alias=_alias(self.connection)) as about:
                result = super().execute(sql, parameters)
                about["n_rows"] = self.rowcount
            return result

        def executemany(self, sql: str, parameters: Any, /) -> Any:
            with watchers.watching(sql, (), alias=_alias(self.connection), is_many=True) as about:
                result = super().executemany(sql, parameters)
                about["n_rows"] = self.rowcount
            return result

    class Connection(sqlite3.Connection):
        """A connection whose cursors are watched."""

        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(Cursor if factory is None else factory)

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            return self.cursor().execute(sql, parameters)

        def executemany(self, sql: str, parameters: Any, /) -> Any:
            return self.cursor().executemany(sql, parameters)

    own = sqlite3.connect

    def connect(database: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) < 5:
            kwargs.setdefault("factory", Connection)
        connection = own(database, *args, **kwargs)
        if isinstance(connection, Connection):
            _names[id(connection)] = "memory" if database == ":memory:" else os.path.basename(os.fspath(database))  # noqa: PTH119
        return connection

    modules: tuple[Any, ...] = (sqlite3, sqlite3.dbapi2)
    for module in modules:
        module.connect = connect

    def detach() -> None:
        for module in modules:
            if module.connect is connect:
                module.connect = own

    return detach


_names: dict[int, str] = {}


def _alias(connection: Any) -> str:
    return _names.get(id(connection), "sqlite")
