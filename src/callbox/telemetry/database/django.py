"""Django's queries on every alias, without DEBUG: the statement before parameters are put in is the template.

Source: https://docs.djangoproject.com/en/stable/topics/db/instrumentation/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers


def attach(watchers: Watchers) -> Callable[[], None]:
    """Wrap execution on every connection, those too that threads open later; return what undoes it."""
    from django.db import connections
    from django.db.backends.signals import connection_created

    wrapped: list[Any] = []

    def execute(run: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        alias = context["connection"].alias
        with watchers.watching(sql, () if many else parameters, alias=alias, is_many=many) as about:
            result = run(sql, parameters, many, context)
            about["n_rows"] = getattr(context["cursor"], "rowcount", -1)
        return result

    def wrap(connection: Any, **_signal: Any) -> None:
        if execute not in connection.execute_wrappers:
            connection.execute_wrappers.append(execute)
            wrapped.append(connection)

    def detach() -> None:
        connection_created.disconnect(wrap)
        for connection in wrapped:
            if execute in connection.execute_wrappers:
                connection.execute_wrappers.remove(execute)

    connection_created.connect(wrap, weak=False)
    for alias in _configured(connections):
        wrap(connections[alias])
    return detach


def _configured(connections: Any) -> list[str]:
    """Return the aliases; none where Django is imported, but not configured."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        return list(connections)
    except ImproperlyConfigured:
        return []
