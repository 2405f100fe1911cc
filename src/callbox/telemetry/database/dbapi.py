"""Any connection of PEP 249, watched by hand: `connection = watch_connection(driver.connect(...))`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

_EXECUTE = frozenset({"execute", "executemany", "callproc"})
_OWN = frozenset({"_watched", "_alias"})
_SYSTEMS = {
    **dict.fromkeys(("MySQLdb", "aiomysql", "asyncmy", "mysql", "pymysql"), "mysql"),
    **dict.fromkeys(("pg8000", "psycopg", "psycopg2", "pygresql"), "postgresql"),
    "mariadb": "mariadb",
    "oracledb": "oracle.db",
    "pymssql": "microsoft.sql_server",
    "sqlite3": "sqlite",
}
"""Kinds of databases, in OpenTelemetry's words, by the package of their driver."""


def watch_connection(connection: Any, alias: str = "default") -> WatchedConnection:
    """Return a stand-in for a connection whose statements telemetry counts.

    Args:
        connection: of any driver that keeps to PEP 249.
        alias: what to call the database.
    """
    return WatchedConnection(connection, alias)


class _Watched:
    """Passes everything on, and counts what is executed."""

    def __init__(self, watched: Any, alias: str) -> None:
        self._watched = watched
        self._alias = alias

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._watched, name)
        return functools.partial(self._execute, name, found) if name in _EXECUTE else found

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN:
            super().__setattr__(name, value)
        else:
            setattr(self._watched, name, value)

    def _execute(self, called: str, method: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Execute a statement; for many sets of parameters, it is one query."""
        is_many = called == "executemany"
        sql, parameters, *_ = (*args, *kwargs.values(), (), ())
        text = f"CALL {sql}" if called == "callproc" else text_of(sql, self._watched)
        with self._told(text, () if is_many else parameters, is_many=is_many) as told:
            result = method(*args, **kwargs)
            told["n_rows"] = getattr(result, "rowcount", getattr(self._watched, "rowcount", -1))
        if result is self._watched:
            return self
        return WatchedCursor(result, self._alias) if hasattr(result, "fetchone") else result

    @contextlib.contextmanager
    def _told(self, sql: str, parameters: Any = (), *, is_many: bool = False) -> Iterator[dict[str, Any]]:
        """Time a statement and tell of it; the block may add `n_rows`."""
        from callbox.telemetry.database import active

        system = _SYSTEMS.get(type(self._watched).__module__.partition(".")[0], "")
        with contextlib.ExitStack() as stack:
            abouts = [
                stack.enter_context(
                    watchers.watching(sql, parameters, alias=self._alias, system=system, is_many=is_many)
                )
                for watchers in active
            ]
            told: dict[str, Any] = {}
            try:
                yield told
            finally:
                for each in abouts:
                    each.update(told)

    def __enter__(self) -> Any:
        self._watched.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._watched.__exit__(*error)


class WatchedConnection(_Watched):
    """Stands in for a connection; its cursors are watched."""

    def cursor(self, *args: Any, **kwargs: Any) -> WatchedCursor:
        """Return a cursor whose statements are counted."""
        return WatchedCursor(self._watched.cursor(*args, **kwargs), self._alias)

    def commit(self) -> None:
        """Commit."""
        with self._told("COMMIT"):
            self._watched.commit()

    def rollback(self) -> None:
        """Roll back."""
        with self._told("ROLLBACK"):
            self._watched.rollback()


class WatchedCursor(_Watched):
    """Stands in for a cursor."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self._watched)

    def __next__(self) -> Any:
        return next(self._watched)


def text_of(sql: Any, context: Any) -> str:
    """Return a statement's text; what `sql` of psycopg composes is put together first, as the cursor will do.

    Args:
        sql: as the driver is given it.
        context: the cursor or the connection.
    """
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    if isinstance(sql, str):
        return sql
    compose = getattr(sql, "as_string", None)
    return str(compose(context)) if compose is not None else type(sql).__name__
