"""SQLAlchemy's queries on every engine, asynchronous ones too.

Source: https://docs.sqlalchemy.org/en/20/core/events.html#sqlalchemy.events.ConnectionEvents
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers

_BEGAN = "callbox_began_ns"
_TOLD_BY_DRIVER = frozenset({"pysqlite", "aiosqlite", "psycopg", "psycopg_async"})
"""Drivers whose own watchers tell of transactions."""


def attach(watchers: Watchers) -> Callable[[], None]:
    """Listen to all engines; return what undoes it."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def before(connection: Any, *told: Any) -> None:
        _claim(connection)
        watchers.set_inside(True)
        setattr(told[3], _BEGAN, time.perf_counter_ns())

    def after(connection: Any, cursor: Any, sql: str, *rest: Any) -> None:
        parameters, context, many = rest
        duration_ns = time.perf_counter_ns() - getattr(context, _BEGAN, time.perf_counter_ns())
        watchers.set_inside(False)
        n_rows = getattr(cursor, "rowcount", -1)
        watchers.tell(sql, () if many else parameters, duration_ns, n_rows=n_rows, is_many=many, **_about(connection))

    def failed(told: Any) -> None:
        began_ns = getattr(told.execution_context, _BEGAN, None)
        watchers.set_inside(False)
        if began_ns is not None and told.connection is not None and told.statement is not None:
            duration_ns = time.perf_counter_ns() - began_ns
            watchers.tell(told.statement, told.parameters or (), duration_ns, **_about(told.connection))

    def end(word: str) -> Callable[..., None]:
        def tell(connection: Any, *_names: Any) -> None:
            if connection.dialect.driver not in _TOLD_BY_DRIVER:
                watchers.tell(word, (), 0, **_about(connection))

        return tell

    listeners = (
        ("before_cursor_execute", before),
        ("after_cursor_execute", after),
        ("handle_error", failed),
        ("commit", end("COMMIT")),
        ("rollback", end("ROLLBACK")),
        ("savepoint", end("SAVEPOINT")),
    )
    for name, listener in listeners:
        event.listen(Engine, name, listener)

    def detach() -> None:
        for name, listener in listeners:
            event.remove(Engine, name, listener)

    return detach


def _about(connection: Any) -> dict[str, Any]:
    name = connection.dialect.name
    return {"alias": connection.engine.url.database or name, "system": name}


def _claim(connection: Any) -> None:
    """Tell a watched connection of sqlite3 that works in a thread of aiosqlite's that it is told of here."""
    driver: Any = getattr(getattr(connection, "connection", None), "driver_connection", None)
    module = sys.modules.get("callbox.telemetry.database.sqlite")
    if module is not None and hasattr(driver, "_conn"):
        module.claim(driver._conn)
