"""Around web applications: what a request raises is captured, with what was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any

from callbox.failures.watched import Watched

Scope = MutableMapping[str, Any]


class WSGIMiddleware:
    """Stands around a WSGI application, its response body included."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        """Take the application."""
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        method, path = environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", "")
        request = Watched(f"{method} {path}", "wsgi", method=method, path=path)
        request.begin()
        try:
            body = self._app(environ, start_response)
        except BaseException as error:
            request.end()
            request.tell(error)
            raise
        # what is there already cannot fail, and of a file the server wants to see that it is one
        if isinstance(body, list | tuple) or type(body) is environ.get("wsgi.file_wrapper"):
            request.end()
            return body
        return _Body(body, request)


class _Body:
    """A response body that is made while it is sent; the request lasts until the server closes it."""

    def __init__(self, body: Iterable[bytes], request: Watched) -> None:
        self._body = body
        self._request = request
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._iterator is None:
                self._iterator = iter(self._body)
            return next(self._iterator)
        except StopIteration:
            raise
        except BaseException as error:
            self._request.end()
            self._request.tell(error)
            raise

    def close(self) -> None:
        self._request.end()
        close = getattr(self._body, "close", None)
        if close is not None:
            with self._request:
                close()


class ASGIMiddleware:
    """Stands around an ASGI application, its lifespan and web sockets included."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        """Take the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Answer a request."""
        method, path = str(scope.get("method", scope.get("type", ""))), str(scope.get("path", ""))
        with Watched(f"{method} {path}".strip(), "asgi", method=method, path=path):
            await self._app(scope, receive, send)
