"""A guard that lets this machine through, and others only where it is told to."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import urllib.request
from collections.abc import Iterator

import pytest

from callbox.errors import ConfigError
from callbox.telemetry.network import Call, NetworkBlockedError, NetworkGuard
from callbox.telemetry.settings import TelemetrySettings

ELSEWHERE = ("192.0.2.1", 80)


@pytest.fixture
def calls() -> list[Call]:
    return []


@pytest.fixture
def guard(calls) -> Iterator[NetworkGuard]:
    guard = NetworkGuard("block", ["198.51.100.0/24"])
    guard.on_call = calls.append
    guard.install()
    yield guard
    guard.uninstall()


def attempt_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ELSEWHERE)


ATTEMPTS = {
    "connect": lambda: socket.create_connection(ELSEWHERE, timeout=0.1),
    "lookup": lambda: socket.getaddrinfo("example.org", 80),
    "name": lambda: socket.gethostbyaddr("192.0.2.1"),
    "datagram": attempt_datagram,
    "asyncio": lambda: asyncio.run(asyncio.open_connection(*ELSEWHERE)),
    "ssl": lambda: ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="x").connect(ELSEWHERE),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("reach", ATTEMPTS.values(), ids=ATTEMPTS)
def test_other_machines_are_refused_and_named(guard, calls, reach) -> None:
    with pytest.raises(NetworkBlockedError, match=r"callbox blocked a (connect|send|lookup) to (192|example)"):
        reach()

    assert calls[0].host in ("192.0.2.1", "example.org")
    assert "test_network.py" in calls[0].path[0]


def test_this_machine_is_reached_and_sockets_are_the_class_they_are(guard, calls, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            assert type(client) is socket.socket
        socket.getaddrinfo("localhost", 80)
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as reaching:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        reaching.connect(str(tmp_path / "s"))

    assert calls == []


REQUESTS = {
    "urllib": lambda: urllib.request.urlopen("http://192.0.2.1/books?page=1&token=abcdefgh12345678"),
    "http.client": lambda: http.client.HTTPConnection("192.0.2.1").request(
        "GET", "/books?page=1&token=abcdefgh12345678"
    ),
    "requests": lambda: pytest.importorskip("requests").get("http://192.0.2.1/books?page=1&token=abcdefgh12345678"),
}


@pytest.mark.parametrize("reach", REQUESTS.values(), ids=REQUESTS)
def test_url_of_a_refused_request_is_named_without_its_secrets(guard, calls, reach) -> None:
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        reach()

    assert calls[0].url == "http://192.0.2.1/books?page=1&token=[redacted: key token]"


@pytest.fixture
def own_name() -> str:
    try:
        socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        pytest.skip("this machine's name leads to no address")
    return socket.gethostname()


def test_addresses_of_this_machine_are_let_through(own_name, guard, calls) -> None:
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((own_name, port), timeout=5) as client:
            assert client.getpeername()[1] == port

    assert calls == []


def test_allowed_network_and_exempt_test_are_let_through(guard, calls) -> None:
    for host in ("198.51.100.7", "192.0.2.1"):
        guard.is_exempt = host == "192.0.2.1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaching:
            reaching.connect((host, 80))  # sends nothing

    assert [(call.host, call.is_blocked) for call in calls] == [("192.0.2.1", False)]


@pytest.mark.parametrize("host", ["::1", "::ffff:127.0.0.1", "::ffff:198.51.100.7"])
def test_address_of_4_bytes_is_the_same_in_16(guard, calls, host) -> None:
    with socket.socket(socket.AF_INET6) as reaching:
        guard.check("socket.connect", (reaching, (host, 80, 0, 0)))

    assert calls == []


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "shop.localhost"])
def test_names_of_this_machine_are_let_through(guard, calls, name) -> None:
    guard.check("socket.getaddrinfo", (name, 80, 0, 0, 0))

    assert calls == []


@pytest.mark.parametrize("host", ["db:5432", "*.example.org", "[::1]", "http://db", "10.0.0.0/99"])
def test_allowed_host_that_no_host_could_match_is_told(host) -> None:
    with pytest.raises(ConfigError, match=r"telemetry allowed_hosts: .*: write a name, an address or a network"):
        TelemetrySettings(allowed_hosts=(host,))


def test_addresses_that_an_allowed_name_leads_to_are_let_through(monkeypatch, calls) -> None:
    found = [(socket.AF_INET, socket.SOCK_DGRAM, 0, "", ("203.0.113.9", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, _port: found if name == "shop.example" else [])
    guard = NetworkGuard("record", ["shop.example"])
    guard.on_call = calls.append

    for host in ("203.0.113.9", "203.0.113.10"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaching:
            guard.check("socket.connect", (reaching, (host, 80)))

    assert [call.host for call in calls] == ["203.0.113.10"]


def test_guard_that_has_left_lets_everything_through(guard, calls) -> None:
    guard.uninstall()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaching:
        reaching.connect(ELSEWHERE)  # sends nothing

    assert calls == []


def test_unknown_mode_is_told() -> None:
    with pytest.raises(ConfigError, match="network='maybe': choose one of block, record, off"):
        TelemetrySettings(network="maybe")
