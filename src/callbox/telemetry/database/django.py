"""Django's queries on every alias, without DEBUG: the statement before parameters are put in is the template.

Source: https://docs.djangoproject.com/en/stable/topics/db/instrumentation/
"""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from callbox.telemetry.places import awaiting
from callbox.telemetry.queries import request

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers

_numbers = itertools.count(1)


def attach(watchers: Watchers) -> Callable[[], None]:
    """Wrap execution on every connection, those too that threads open later; return what undoes it."""
    from asgiref import sync
    from django.core.signals import request_finished, request_started
    from django.db import connections
    from django.db.backends.signals import connection_created

    wrapped: list[Any] = []

    def execute(run: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        if watchers.is_idle:
            return run(sql, parameters, many, context)  # of fixtures of classes and of migrations there are many
        connection = context["connection"]
        about = {"alias": connection.alias, "system": connection.vendor, "is_many": many}
        with watchers.watching(str(sql), () if many else parameters, **about) as told:
            result = run(sql, parameters, many, context)
            told["n_rows"] = getattr(context["cursor"], "rowcount", -1)
        return result

    def wrap(connection: Any, **_signal: Any) -> None:
        if execute not in connection.execute_wrappers:
            connection.execute_wrappers.append(execute)
            wrapped.append(connection)

    signals = ((connection_created, wrap), (request_started, _begin_request), (request_finished, _end_request))
    for signal, receiver in signals:
        signal.connect(receiver, weak=False)
    for alias in _configured(connections):
        wrap(connections[alias])
    bridge: Any = sync.SyncToAsync
    own_call = bridge.__call__
    bridge.__call__ = _remember_caller(own_call)

    def detach() -> None:
        bridge.__call__ = own_call
        for signal, receiver in signals:
            signal.disconnect(receiver)
        for connection in wrapped:
            if execute in connection.execute_wrappers:
                connection.execute_wrappers.remove(execute)

    return detach


def _begin_request(**_signal: Any) -> None:
    request.set(next(_numbers))


def _end_request(**_signal: Any) -> None:
    request.set(0)


def _remember_caller(call: Callable[..., Any]) -> Callable[..., Any]:
    """Keep which lines await the ORM: its queries run in another thread."""

    @functools.wraps(call)
    async def remembering(*args: Any, **kwargs: Any) -> Any:
        with awaiting(sys._getframe(1)):
            return await call(*args, **kwargs)

    return remembering


def _configured(connections: Any) -> list[str]:
    """Return the aliases; none where Django is imported, but not configured."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        return list(connections)
    except ImproperlyConfigured:
        return []
