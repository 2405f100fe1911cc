from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator

import pytest

from callbox.errors import ConfigError
from callbox.view.server import ViewServer


@pytest.fixture
def server(exhibit) -> Iterator[ViewServer]:
    with ViewServer([exhibit]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server, path: str, *, method: str = "GET", host: str | None = None, **headers: str) -> http.client.HTTPResponse:
    """Send one request as it is: no client corrects the path."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host or f"127.0.0.1:{server.server_port}")
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    response.body = response.read()
    connection.close()
    return response


def test_page_is_under_its_token(server) -> None:
    response = ask(server, f"/{server.token}/")

    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<title>callbox</title>" in response.body


def test_page_answers_with_json_that_no_cache_keeps(server) -> None:
    response = ask(server, f"/{server.token}/api/summary?box=0")

    assert json.loads(response.body)["name"] == "shop.cbx"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/", "/wrong/", "/wrong/api/summary?box=0", "/main.js", "//", "/once/wrong", "/once/"]
)
def test_wrong_token_is_forbidden(server, path) -> None:
    response = ask(server, path)

    assert response.status == 403
    assert b"shop" not in response.body


def test_token_with_another_letter_is_forbidden(server) -> None:
    assert ask(server, f"/{server.token[:-1]}~/").status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil:{port}"]
)
def test_host_of_another_is_forbidden_even_with_the_token(server, host) -> None:
    response = ask(server, f"/{server.token}/api/summary?box=0", host=host.format(port=server.server_port))

    assert response.status == 403
    assert b"shop" not in response.body


def test_localhost_is_a_name_of_the_loopback(server) -> None:
    assert ask(server, f"/{server.token}/", host=f"localhost:{server.server_port}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_methods_that_change_are_refused(server, method) -> None:
    response = ask(server, f"/{server.token}/api/summary?box=0", method=method)

    assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")


def test_head_has_no_body(server) -> None:
    response = ask(server, f"/{server.token}/main.js", method="HEAD")

    assert (response.status, response.body) == (200, b"")
    assert int(response.headers["Content-Length"]) > 1_000


@pytest.mark.parametrize(
    "name",
    [
        "../server.py",
        "..%2fserver.py",
        "vendor/../../server.py",
        "/etc/passwd",
        "%2e%2e/",
        "__init__.py",
        "vendor/",
        "page/main.js",
        "main.js%00",
    ],
)
def test_nothing_but_the_files_of_the_page_is_served(server, name) -> None:
    response = ask(server, f"/{server.token}/{name}")

    assert (response.status, response.body) == (404, b"there is no such file\n")


@pytest.mark.parametrize("path", ["/", "/{token}/", "/{token}/main.js", "/{token}/api/summary?box=0", "/{token}/none"])
def test_every_answer_has_the_strict_policy(server, path) -> None:
    headers = ask(server, path.format(token=server.token)).headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == (
        "'none'",
        "'self' 'wasm-unsafe-eval'",
        "'self'",
    )
    assert policy["frame-ancestors"] == "'none'"
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Server"] == "callbox"


def test_browser_keeps_a_file_until_it_changes(server) -> None:
    first = ask(server, f"/{server.token}/main.js")
    second = ask(server, f"/{server.token}/main.js", If_None_Match=first.headers["ETag"])

    assert first.headers["Cache-Control"] == "no-cache"
    assert (second.status, second.body, second.headers["ETag"]) == (304, b"", first.headers["ETag"])


def test_ticket_leads_to_the_page_once(server) -> None:
    path = server.ticket_address().partition(str(server.server_port))[2]

    first, second = ask(server, path), ask(server, path)

    assert (first.status, first.headers["Location"]) == (303, f"/{server.token}/")
    assert second.status == 403
    assert server.token not in path


@pytest.mark.parametrize(
    ("question", "status", "message"),
    [
        ("nothing?box=0", 404, "there is no answer to 'nothing'"),
        ("call?box=0&row=99", 404, "there is no call 99: there are 5"),
        ("call?box=0&row=x", 400, "row must be a whole number, not 'x'"),
        ("summary?box=7", 404, "there is no recording 7: there are 1"),
    ],
)
def test_wrong_question_is_told_so(server, question, status, message) -> None:
    response = ask(server, f"/{server.token}/api/{question}")

    assert (response.status, response.body.decode().strip()) == (status, message)


def test_path_that_is_no_path_is_told_so(server, capfd) -> None:
    response = ask(server, "http://[/")

    assert (response.status, response.body) == (400, b"that is no path\n")
    assert capfd.readouterr().err == ""


def test_fault_of_ours_ends_neither_server_nor_page(server, exhibit, monkeypatch, capsys) -> None:
    monkeypatch.setattr(exhibit, "hotspots", lambda: 1 / 0)

    response = ask(server, f"/{server.token}/api/hotspots?box=0")

    assert (response.status, b"ZeroDivisionError" in response.body) == (500, False)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert ask(server, f"/{server.token}/").status == 200


def test_server_listens_on_the_loopback_alone(server) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_port_that_is_taken_is_an_error_that_says_so(server, exhibit) -> None:
    with pytest.raises(ConfigError, match=rf"cannot listen on port {server.server_port} .*--port"):
        ViewServer([exhibit], server.server_port)


def test_tokens_differ(exhibit) -> None:
    with ViewServer([exhibit]) as first, ViewServer([exhibit]) as second:
        assert first.token != second.token
        assert len(first.token) >= 32
