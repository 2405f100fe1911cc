"""Around web applications: what a request raises is captured, with what was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any

from callbox.failures.production import Watched

Scope = MutableMapping[str, Any]


class WSGIMiddleware:
    """Stands around a WSGI application, its response body included."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        """Take the application."""
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        with _request(environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", ""), "wsgi"):
            body = self._app(environ, start_response)
        return body if isinstance(body, list | tuple) else _Body(body, environ)


class _Body:
    """A response body that is made while it is sent."""

    def __init__(self, body: Iterable[bytes], environ: dict[str, Any]) -> None:
        self._body = body
        self._environ = environ

    def __iter__(self) -> Iterator[bytes]:
        with _request(self._environ.get("REQUEST_METHOD", ""), self._environ.get("PATH_INFO", ""), "wsgi"):
            yield from self._body

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


class ASGIMiddleware:
    """Stands around an ASGI application."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        """Take the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Answer a request."""
        with _request(str(scope.get("method", scope.get("type", ""))), str(scope.get("path", "")), "asgi"):
            await self._app(scope, receive, send)


def _request(method: str, path: str, origin: str) -> Watched:
    return Watched(f"{method} {path}", origin, method=method, path=path)
