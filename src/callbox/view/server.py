"""Serves the page on the loopback, to who knows its address.

The address holds a random token as its first segment: relative links carry it, no cookie is needed, and other pages
cannot guess it. Requests under another host's name are refused, so that no name of a stranger can point here.
"""

from __future__ import annotations

import hmac
import secrets
import sys
import traceback
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from callbox.errors import CallboxError, ConfigError, NothingFoundError
from callbox.view.answers import answer
from callbox.view.assets import INDEX, Asset, load_assets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callbox.view.exhibit import Exhibit

ADDRESS = "127.0.0.1"
_TOKEN_BYTES = 24
_IDLE_TIMEOUT_S = 120

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_KEPT_NOWHERE = "no-store"
_ASKED_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class _Reply:
    status: HTTPStatus
    content: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = (("Cache-Control", _KEPT_NOWHERE),)


class ViewServer(ThreadingHTTPServer):
    """Shows recordings until it is closed.

    Attributes:
        address: where the page is, with its token.
    """

    daemon_threads = True

    def __init__(self, exhibits: Sequence[Exhibit], port: int = 0) -> None:
        """Listen, on the loopback alone.

        Args:
            exhibits: one recording, or two side by side.
            port: 0 for any that is free.

        Raises:
            ConfigError: the port cannot be had.
        """
        self.exhibits = tuple(exhibits)
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._tickets = set[str]()
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            raise ConfigError(f"cannot listen on port {port} ({error}): choose another with --port") from error
        self.hosts = {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}
        self.address = f"http://{ADDRESS}:{self.server_port}/{self.token}/"

    def ticket_address(self) -> str:
        """Return an address that leads to the page once.

        It is for the command line of a browser, which every user of the machine can read.
        """
        ticket = secrets.token_urlsafe(_TOKEN_BYTES)
        self._tickets.add(ticket)
        return f"http://{ADDRESS}:{self.server_port}/once/{ticket}"

    def take_ticket(self, ticket: str) -> bool:
        """Say whether a ticket is good; it is not any more after that."""
        if ticket not in self._tickets:
            return False
        self._tickets.remove(ticket)
        return True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of browsers that go away in the middle of an answer."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: ViewServer
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_TIMEOUT_S
    disable_nagle_algorithm = True
    _encoder: ClassVar[msgspec.json.Encoder] = msgspec.json.Encoder()

    def do_GET(self) -> None:
        """Answer."""
        self._send(self._reply())

    do_HEAD = do_GET  # noqa: N815  (the name that http.server calls)

    def _refuse_method(self) -> None:
        self.close_connection = True  # what it sends with the request is not read
        self._send(_text(HTTPStatus.METHOD_NOT_ALLOWED, "the page only reads", ("Allow", "GET, HEAD")))

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _refuse_method  # noqa: N815

    def version_string(self) -> str:
        """Name the server, and no version of anything."""
        return "callbox"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  (the name of http.server)
        """Print no log."""

    def _reply(self) -> _Reply:
        if self.headers.get("Host", "") not in self.server.hosts:
            return _text(HTTPStatus.FORBIDDEN, "this server answers under its own address alone")
        try:
            parts = urlsplit(self.path)
        except ValueError:
            return _text(HTTPStatus.BAD_REQUEST, "that is no path")
        _, _, rest = parts.path.partition("/")
        token, slash, name = rest.partition("/")
        if token == "once" and self.server.take_ticket(name):
            return _Reply(HTTPStatus.SEE_OTHER, headers=(("Location", f"/{self.server.token}/"),))
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            return _text(HTTPStatus.FORBIDDEN, "open the address that `callbox view` printed: its token is missing")
        if not slash:
            return _Reply(HTTPStatus.SEE_OTHER, headers=(("Location", f"/{token}/"),))
        if name.startswith("api/"):
            return self._answer(name.removeprefix("api/"), dict(parse_qsl(parts.query)))
        asset = load_assets().get(name or INDEX)
        return _text(HTTPStatus.NOT_FOUND, "there is no such file") if asset is None else self._asset(asset)

    def _asset(self, asset: Asset) -> _Reply:
        headers = (("Cache-Control", _ASKED_AGAIN), ("ETag", asset.tag))
        if self.headers.get("If-None-Match") == asset.tag:
            return _Reply(HTTPStatus.NOT_MODIFIED, headers=headers)
        return _Reply(HTTPStatus.OK, asset.content, asset.content_type, headers)

    def _answer(self, name: str, query: dict[str, str]) -> _Reply:
        try:
            found = answer(self.server.exhibits, name, query)
        except NothingFoundError as error:
            return _text(HTTPStatus.NOT_FOUND, str(error))
        except ValueError as error:
            return _text(HTTPStatus.BAD_REQUEST, str(error))
        except CallboxError as error:
            return _text(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        except Exception:  # a fault of ours: the page says so, and goes on
            traceback.print_exc()
            return _text(HTTPStatus.INTERNAL_SERVER_ERROR, f"callbox could not work out {name!r}: see its terminal")
        return _Reply(HTTPStatus.OK, self._encoder.encode(found), "application/json")

    def _send(self, reply: _Reply) -> None:
        self.send_response(reply.status)
        for name, value in (*_SECURITY_HEADERS.items(), *reply.headers):
            self.send_header(name, value)
        if reply.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.content)


def _text(status: HTTPStatus, message: str, *headers: tuple[str, str]) -> _Reply:
    return _Reply(status, f"{message}\n".encode(), headers=(("Cache-Control", _KEPT_NOWHERE), *headers))
