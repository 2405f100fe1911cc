"""SQLAlchemy's queries on every engine, asynchronous ones too.

Source: https://docs.sqlalchemy.org/en/20/core/events.html#sqlalchemy.events.ConnectionEvents
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers

_BEGAN = "callbox_began_ns"


def attach(watchers: Watchers) -> Callable[[], None]:
    """Listen to all engines; return what undoes it."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def before(*told: Any) -> None:
        context = told[4]
        watchers.set_inside(True)
        setattr(context, _BEGAN, time.perf_counter_ns())

    def after(connection: Any, cursor: Any, sql: str, *rest: Any) -> None:
        parameters, context, many = rest
        duration_ns = time.perf_counter_ns() - getattr(context, _BEGAN, time.perf_counter_ns())
        watchers.set_inside(False)
        alias = connection.engine.url.database or connection.engine.dialect.name
        n_rows = getattr(cursor, "rowcount", -1)
        watchers.tell(sql, () if many else parameters, duration_ns, alias=alias, n_rows=n_rows, is_many=many)

    def failed(_context: Any) -> None:
        watchers.set_inside(False)

    listeners = (("before_cursor_execute", before), ("after_cursor_execute", after), ("handle_error", failed))
    for name, listener in listeners:
        event.listen(Engine, name, listener)

    def detach() -> None:
        for name, listener in listeners:
            event.remove(Engine, name, listener)

    return detach
