"""Around web applications: what a request raises is captured, with what was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any

from callbox.failures.watched import tell
from callbox.failures.work import CURRENT, Work

Scope = MutableMapping[str, Any]


class WSGIMiddleware:
    """Stands around a WSGI application, its response body included."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        """Take the application."""
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        request = _request_of(environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", ""))
        before = CURRENT.get()
        CURRENT.set(request)
        try:
            body = self._app(environ, start_response)
        except BaseException as error:
            CURRENT.set(before)
            tell(error, "wsgi", request)
            raise
        # what is there already cannot fail, and of a file the server wants to see that it is one
        if isinstance(body, (list, tuple)) or type(body) is environ.get("wsgi.file_wrapper"):
            CURRENT.set(before)
            return body
        return _Body(body, request, before)


class _Body:
    """A response body that is made while it is sent; the request lasts until the server closes it."""

    def __init__(self, body: Iterable[bytes], request: Work, before: Work) -> None:
        self._body = body
        self._request = request
        self._before = before

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._body:  # noqa: UP028  (`yield from` would close the body, which is for the server to do)
                yield chunk
        except GeneratorExit:
            raise
        except BaseException as error:
            self._tell(error)
            raise

    def close(self) -> None:
        # not by a token: the server may close in another context than the one that it began in
        if CURRENT.get() is not self._request:
            CURRENT.set(self._request)
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._tell(error)
            raise
        CURRENT.set(self._before)

    def _tell(self, error: BaseException) -> None:
        CURRENT.set(self._before)
        tell(error, "wsgi", self._request)


class ASGIMiddleware:
    """Stands around an ASGI application, its lifespan and web sockets included."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        """Take the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Answer a request."""
        request = _request_of(scope.get("method", scope.get("type", "")), scope.get("path", ""))
        before = CURRENT.get()
        CURRENT.set(request)
        try:
            await self._app(scope, receive, send)
        except BaseException as error:
            CURRENT.set(before)
            tell(error, "asgi", request)
            raise
        CURRENT.set(before)


def _request_of(method: str, path: str) -> Work:
    return Work(f"{method} {path}".strip(), {"method": method, "path": path})
