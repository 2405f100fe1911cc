"""A secret planted wherever a program may hold one is in nothing that callbox sends, to whomever."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.desk import Desk
from tests.support.planted import SECRET, desk_with_secret, leaks
from tests.support.sentry_receiver import receiving_events
from tests.support.sweep import places_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

FAILING = """
{before}
import callbox
from shop import SECRET, Account, log_in, settings, use_all

callbox.install("trace", include=["shop", "__main__"], budget=None, sinks=[{sink}])

def order(account, token, url):
    held = settings(1)
    use_all()
    try:
        log_in("eve", account.password, api_key=token)
    except ConnectionError as error:
        {{}}["absent"]

order(Account("ann", SECRET), SECRET, "https://ann:" + SECRET + "@x/?api_key=" + SECRET)
"""

TESTS = """
import sqlite3
import urllib.request

import pytest
from shop import SECRET, log_in


@pytest.mark.parametrize("address", ["https://x/?token=" + SECRET])
def test_queries(address):
    connection = sqlite3.connect(":memory:")
    connection.execute("create table users (name text, password text)")
    for _ in range(4):
        connection.execute("insert into users values ('ann', 'password=" + SECRET + "')")
    connection.close()


def test_network():
    with pytest.raises(Exception):
        urllib.request.urlopen("http://ann:" + SECRET + "@127.0.0.1:9/?token=" + SECRET, timeout=1)


@pytest.mark.parametrize("address", ["https://x/?token=" + SECRET])
def test_fails(address):
    log_in("eve", SECRET, api_key=SECRET)
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_with_secret(tmp_path)


def test_failures_sent_to_a_collector_hold_no_secret(desk) -> None:
    support = pytest.importorskip("tests.support.otlp_receiver", exc_type=ImportError)
    with support.receiving() as receiver:
        before, sink = "from callbox.failures.otlp import OtlpSink", f'OtlpSink("{receiver.url}")'
        desk.python("-c", FAILING.format(before=before, sink=sink))

    [record], [span] = receiver.logs, receiver.spans
    assert "log_in(user='eve', password=[redacted: key password]" in support.attributes(record)["callbox.last_calls"]
    assert "KeyError: 'absent'" in span.status.message
    assert places_of(SECRET, receiver.content) == []


@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_runs_of_tests_sent_to_a_collector_hold_no_secret(desk, more) -> None:
    support = pytest.importorskip("tests.support.otlp_receiver", exc_type=ImportError)
    desk.write("test_shop.py", TESTS)
    with support.receiving() as receiver:
        words = "-q --tb=no -rN -p no:cacheprovider --callbox-telemetry --telemetry-output lines.txt --telemetry-otlp"
        ran = desk.python("-m", "pytest", *words.split(), receiver.url, *more, "--callbox-failures")

    assert b"1 failed, 2 passed" in ran.out, ran.out
    assert {"test run", "INSERT users"} <= {span.name for span in receiver.spans}
    assert any("token=[redacted: key token]" in span.name for span in receiver.spans)
    assert receiver.metrics
    assert places_of(SECRET, receiver.content) == []
    assert leaks(desk, {}) == []


def test_what_is_added_to_events_of_sentry_holds_no_secret(desk) -> None:
    pytest.importorskip("sentry_sdk")
    with receiving_events() as receiver:
        # the variables of frames are Sentry's own, under rules of its own
        before = f"""
import sentry_sdk
from callbox.failures.sinks import add_last_calls
sentry_sdk.init(dsn="{receiver.dsn}", before_send=add_last_calls, include_local_variables=False)
"""
        desk.python("-c", FAILING.format(before=before, sink=""))

    [event] = receiver.events
    added = json.dumps(event["extra"])
    assert "log_in(user='eve', password=[redacted: key password]" in added
    assert places_of(SECRET, {"extra": added.encode()}) == []


@pytest.fixture
def address(desk) -> Iterator[str]:
    """Where `callbox view` shows a recording of the shop."""
    desk.callbox("run", "--quiet", "--mode=trace", "--include=shop", "--include=__main__", "--", "main.py")
    command = [sys.executable, "-m", "callbox", "view", "--no-browser", "callbox.cbx"]
    with subprocess.Popen(command, cwd=desk.folder, env=desk.environ, stdout=subprocess.PIPE, text=True) as viewer:
        assert viewer.stdout is not None
        yield viewer.stdout.readline().strip()
        viewer.terminate()


def ask(address: str, question: str) -> bytes:
    with urllib.request.urlopen(f"{address}api/{question}", timeout=60) as answer:
        content: bytes = answer.read()
        return content


def test_page_that_is_served_holds_no_secret(address) -> None:
    about = json.loads(ask(address, "summary?box=0"))
    questions = [
        *("summary?box=0", "hotspots?box=0", "flame?box=0&root=0", "graph?box=0", "exceptions?box=0&page=0"),
        "tile?box=0&lane=0&zoom=0&index=0&block=0",
        *(f"call?box=0&row={row}" for row in range(about["calls"])),
        *(f"function?box=0&code={function['id']}" for function in about["functions"]),
        *(f"following?box=0&codes={function['id']}&after=0&backwards=0" for function in about["functions"]),
    ]

    answers = {question: ask(address, question) for question in questions}

    assert any(b"[redacted: key password]" in content for content in answers.values())
    assert places_of(SECRET, answers) == []
