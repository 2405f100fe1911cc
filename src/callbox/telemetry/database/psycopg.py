"""Queries of psycopg 3: its cursors' methods tell of them, synchronous and asynchronous."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

from callbox.telemetry.database.dbapi import text_of

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers

SYSTEM = "postgresql"
_TRANSACTIONS = frozenset({"COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})
_END = object()


def attach(watchers: Watchers) -> Callable[[], None]:
    """Wrap the methods of the cursor classes, and what connections end transactions by; return what undoes it."""
    import psycopg

    wrappers = {
        (psycopg.Cursor, "execute"): _wrap,
        (psycopg.Cursor, "executemany"): _wrap,
        (psycopg.Cursor, "stream"): _wrap_stream,
        (psycopg.Cursor, "copy"): _wrap_copy,
        (psycopg.ServerCursor, "execute"): _wrap,
        (psycopg.AsyncCursor, "execute"): _wrap_async,
        (psycopg.AsyncCursor, "executemany"): _wrap_async,
        (psycopg.AsyncCursor, "stream"): _wrap_async_stream,
        (psycopg.AsyncCursor, "copy"): _wrap_async_copy,
        (psycopg.AsyncServerCursor, "execute"): _wrap_async,
        (psycopg.BaseConnection, "_exec_command"): _wrap_command,
    }
    before = [(owner, name, vars(owner)[name]) for owner, name in wrappers if name in vars(owner)]
    for owner, name, method in before:
        setattr(owner, name, functools.wraps(method)(wrappers[owner, name](watchers, method)))

    def detach() -> None:
        for owner, name, method in before:
            setattr(owner, name, method)

    return detach


def _wrap(watchers: Watchers, method: Callable[..., Any]) -> Callable[..., Any]:
    is_many = method.__name__ == "executemany"

    def execute(cursor: Any, query: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        with watchers.watching(text_of(query, cursor), () if is_many else params, **_about(cursor, is_many)) as about:
            result = method(cursor, query, params, *args, **kwargs)
            about["n_rows"] = cursor.rowcount
        return result

    return execute


def _wrap_async(watchers: Watchers, method: Callable[..., Any]) -> Callable[..., Any]:
    is_many = method.__name__ == "executemany"

    async def execute(cursor: Any, query: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        with watchers.watching(text_of(query, cursor), () if is_many else params, **_about(cursor, is_many)) as about:
            result = await method(cursor, query, params, *args, **kwargs)
            about["n_rows"] = cursor.rowcount
        return result

    return execute


def _wrap_stream(watchers: Watchers, method: Callable[..., Any]) -> Callable[..., Any]:
    """Time what there is before the first row; the rest is the caller's pace."""

    def stream(cursor: Any, query: Any, params: Any = None, **kwargs: Any) -> Iterator[Any]:
        rows = method(cursor, query, params, **kwargs)
        with watchers.watching(text_of(query, cursor), params, **_about(cursor, False)):
            first = next(rows, _END)
        if first is not _END:
            yield first
            yield from rows

    return stream


def _wrap_async_stream(watchers: Watchers, method: Callable[..., Any]) -> Callable[..., Any]:
    async def stream(cursor: Any, query: Any, params: Any = None, **kwargs: Any) -> AsyncIterator[Any]:
        rows = method(cursor, query, params, **kwargs)
        with watchers.watching(text_of(query, cursor), params, **_about(cursor, False)):
            first = await anext(rows, _END)
        if first is not _END:
            yield first
            async for row in rows:
                yield row

    return stream


def _wrap_copy(watchers: Watchers, method: Callable[..., Any]) -> Callable[..., Any]:
    @contextlib.contextmanager
    def copy(cursor: Any, statement: Any, params: Any = None, **kwargs: Any) -> Iterator[Any]:
        began_ns = time.perf_counter_ns()
        with method(cursor, statement, params, **kwargs) as copying:
            yield copying
        about = _about(cursor, True)
        watchers.tell(
            text_of(statement, cursor), (), time.perf_counter_ns() - began_ns, n_rows=cursor.rowcount, **about
        )

    return copy


def _wrap_async_copy(watchers: Watchers, method: Callable[..., Any]) -> Callable[..., Any]:
    @contextlib.asynccontextmanager
    async def copy(cursor: Any, statement: Any, params: Any = None, **kwargs: Any) -> AsyncIterator[Any]:
        began_ns = time.perf_counter_ns()
        async with method(cursor, statement, params, **kwargs) as copying:
            yield copying
        about = _about(cursor, True)
        watchers.tell(
            text_of(statement, cursor), (), time.perf_counter_ns() - began_ns, n_rows=cursor.rowcount, **about
        )

    return copy


def _wrap_command(watchers: Watchers, method: Callable[..., Any]) -> Callable[..., Any]:
    """Tell what connections send themselves to end transactions, be it by `commit`, a block or a close."""

    def execute(connection: Any, command: Any, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        began_ns = time.perf_counter_ns()
        result = yield from method(connection, command, *args, **kwargs)
        text = text_of(command, connection)
        if text.partition(" ")[0] in _TRANSACTIONS:
            watchers.tell(text, (), time.perf_counter_ns() - began_ns, alias=_alias(connection), system=SYSTEM)
        return result

    return execute


def _about(cursor: Any, is_many: bool) -> dict[str, Any]:
    return {"alias": _alias(cursor.connection), "system": SYSTEM, "is_many": is_many}


def _alias(connection: Any) -> str:
    """Return the name of the database; what is closed knows none."""
    return str(connection.info.dbname) if not connection.closed else SYSTEM
