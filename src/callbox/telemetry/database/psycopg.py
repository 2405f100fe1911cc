"""Queries of psycopg 3: its cursors' methods tell of them, synchronous and asynchronous."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers


def attach(watchers: Watchers) -> Callable[[], None]:
    """Wrap the methods of the cursor classes; return what undoes it."""
    import psycopg

    owners = (psycopg.Cursor, psycopg.AsyncCursor)
    before = [(owner, name, vars(owner)[name]) for owner in owners for name in ("execute", "executemany")]
    for owner, name, method in before:
        wrap = _wrap_async if owner is psycopg.AsyncCursor else _wrap
        setattr(owner, name, wrap(watchers, method, is_many=name == "executemany"))

    def detach() -> None:
        for owner, name, method in before:
            setattr(owner, name, method)

    return detach


def _wrap(watchers: Watchers, method: Callable[..., Any], *, is_many: bool) -> Callable[..., Any]:
    @functools.wraps(method)
    def execute(cursor: Any, query: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        with watchers.watching(_text(query), () if is_many else params, **_about(cursor, is_many)) as about:
            result = method(cursor, query, params, *args, **kwargs)
            about["n_rows"] = cursor.rowcount
        return result

    return execute


def _wrap_async(watchers: Watchers, method: Callable[..., Any], *, is_many: bool) -> Callable[..., Any]:
    @functools.wraps(method)
    async def execute(cursor: Any, query: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        with watchers.watching(_text(query), () if is_many else params, **_about(cursor, is_many)) as about:
            result = await method(cursor, query, params, *args, **kwargs)
            about["n_rows"] = cursor.rowcount
        return result

    return execute


def _about(cursor: Any, is_many: bool) -> dict[str, Any]:
    return {"alias": cursor.connection.info.dbname, "is_many": is_many}


def _text(query: Any) -> str:
    """Return a statement's text; one composed by `psycopg.sql` is told as far as it is text."""
    if isinstance(query, bytes):
        return query.decode("utf-8", "replace")
    return query if isinstance(query, str) else str(getattr(query, "_obj", type(query).__name__))
