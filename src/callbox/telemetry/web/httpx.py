"""Requests of httpx, synchronous and asynchronous, over its real transports."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from callbox.telemetry.web.request import Note, timed


def attach(note: Note) -> Callable[[], None]:
    """Wrap what the transports do with a request; return what undoes it."""
    import httpx

    plain: Any = httpx.HTTPTransport
    asynchronous: Any = httpx.AsyncHTTPTransport
    own, own_async = plain.handle_request, asynchronous.handle_async_request

    @functools.wraps(own)
    def handle(transport: Any, request: Any) -> Any:
        with timed(note, request.method, str(request.url)) as statuses:
            response = own(transport, request)
            statuses.append(response.status_code)
        return response

    @functools.wraps(own_async)
    async def handle_async(transport: Any, request: Any) -> Any:
        with timed(note, request.method, str(request.url)) as statuses:
            response = await own_async(transport, request)
            statuses.append(response.status_code)
        return response

    plain.handle_request = handle
    asynchronous.handle_async_request = handle_async

    def detach() -> None:
        plain.handle_request = own
        asynchronous.handle_async_request = own_async

    return detach
