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

    def commit(self) -> None:
        """Commit."""
        with _told("COMMIT", self._alias):
            self._connection.commit()

    def rollback(self) -> None:
        """Roll back."""
        with _told("ROLLBACK", self._alias):
            self._connection.rollback()

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
        with _told(str(sql), self._alias, parameters[0] if parameters else ()) as told:
            result = self._cursor.execute(sql, *parameters)
            told["n_rows"] = getattr(self._cursor, "rowcount", -1)
        return self if result is self._cursor else result

    def executemany(self, sql: Any, *parameters: Any) -> Any:
        """Execute a statement for many sets of parameters: one query."""
        with _told(str(sql), self._alias, is_many=True) as told:
            result = self._cursor.executemany(sql, *parameters)
            told["n_rows"] = getattr(self._cursor, "rowcount", -1)
        return self if result is self._cursor else result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def __enter__(self) -> WatchedCursor:
        self._cursor.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._cursor.__exit__(*error)


@contextlib.contextmanager
def _told(sql: str, alias: str, parameters: Any = (), *, is_many: bool = False) -> Iterator[dict[str, Any]]:
    """Time a statement and tell of it; the block may add `n_rows`."""
    from callbox.telemetry.database import active

    with contextlib.ExitStack() as stack:
        abouts = [stack.enter_context(w.watching(sql, parameters, alias=alias, is_many=is_many)) for w in active]
        told: dict[str, Any] = {}
        try:
            yield told
        finally:
            for about in abouts:
                about.update(told)
