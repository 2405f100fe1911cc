"""Requests that no library can make sense of, or that name no path: watched, they end as they would."""

from __future__ import annotations

import asyncio
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from callbox.telemetry.web import RequestWatchers

BAD_URLS = ("http://[::1/", "http://127.0.0.1:99999/", 5)


class Answering(BaseHTTPRequestHandler):
    def do_OPTIONS(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_told: object) -> None:
        """Say nothing."""


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def told():
    for library in ("aiohttp", "httpx"):
        pytest.importorskip(library)
    found = []
    watchers = RequestWatchers(found.append)
    watchers.attach()
    yield found
    watchers.detach()


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("*", "http://127.0.0.1:{port}/*"),
        ("index.html", "http://127.0.0.1:{port}/index.html"),
        ("?a=1", "http://127.0.0.1:{port}?a=1"),
        ("", "http://127.0.0.1:{port}/"),
        ("http://elsewhere:99999/", "http://elsewhere:99999/"),
    ],
)
def test_target_that_is_no_path_is_told(told, port, target, url) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("OPTIONS", target)
    status = connection.getresponse().status
    connection.close()

    assert (status, [request.url for request in told]) == (204, [url.format(port=port)])


async def ask_aiohttp(url) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(url):
        pass


def ask_httpx(url) -> None:
    import httpx

    httpx.get(url)


def refusal_of(ask, url) -> type[BaseException]:
    with pytest.raises(Exception) as caught:
        ask(url)
    return caught.type


@pytest.mark.parametrize("url", BAD_URLS)
@pytest.mark.parametrize("ask", [lambda url: asyncio.run(ask_aiohttp(url)), ask_httpx], ids=["aiohttp", "httpx"])
def test_url_that_is_none_is_refused_in_the_librarys_own_words(request, ask, url) -> None:
    pytest.importorskip("aiohttp")
    pytest.importorskip("httpx")
    plain = refusal_of(ask, url)

    request.getfixturevalue("told")

    assert refusal_of(ask, url) is plain
