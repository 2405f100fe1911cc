"""Any connection of PEP 249, watched by hand: `connection = watch_connection(driver.connect(...))`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


def watch_connection(connection: Any, alias: str = "default") -> WatchedConnection:
    """Return a stand-in for a connection whose statements telemetry counts.

    Args:
        connection: of any driver that keeps to PEP 249.
        alias: what to call the database.
    """
    return WatchedConnection(connection, alias)


class WatchedConnection:
    """Passes everything on to a connection; its cursors are watched."""

    def __init__(self, connection: Any, alias: str) -> None:
        self._connection = connection
        self._alias = alias

    def cursor(self, *args: Any, **kwargs: Any) -> WatchedCursor:
        """Return a cursor whose statements are counted."""
        return WatchedCursor(self._connection.cursor(*args, **kwargs), self._alias)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def __enter__(self) -> WatchedConnection:
        self._connection.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._connection.__exit__(*error)


class WatchedCursor:
    """Passes everything on to a cursor; its statements are counted."""

    def __init__(self, cursor: Any, alias: str) -> None:
        self._cursor = cursor
        self._alias = alias

    def execute(self, sql: Any, *parameters: Any) -> Any:
        """Execute a statement."""
        with self._told(sql, parameters[0] if parameters else ()):
            result = self._cursor.execute(sql, *parameters)
        return self if result is self._cursor else result

    def executemany(self, sql: Any, *parameters: Any) -> Any:
        """Execute a statement for many sets of parameters: one query."""
        with self._told(sql, (), is_many=True):
            result = self._cursor.executemany(sql, *parameters)
        return self if result is self._cursor else result

    @contextlib.contextmanager
    def _told(self, sql: Any, parameters: Any, **about: Any) -> Iterator[None]:
        from callbox.telemetry.database import active

        with contextlib.ExitStack() as stack:
            told = [stack.enter_context(w.watching(str(sql), parameters, alias=self._alias, **about)) for w in active]
            yield
            for each in told:
                each["n_rows"] = getattr(self._cursor, "rowcount", -1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def __enter__(self) -> WatchedCursor:
        self._cursor.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._cursor.__exit__(*error)
