"""Failures in other systems, over real sockets: a collector of OpenTelemetry, Sentry."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from tests.support.sentry_receiver import receiving_events
from tests.support.service import clean_environment

PROGRAM = """
import callbox
{before}
callbox.install("trace", include="__main__", sinks=[{sink}])

def price(order):
    return order["n"] * 2

price({{"n": 4}})
{{}}["absent"]
"""


@pytest.fixture
def run(tmp_path):
    """Run a program that fails in a project of its own."""
    (tmp_path / "pyproject.toml").touch()

    def start(sink: str, before: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM.format(sink=sink, before=textwrap.dedent(before))],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return start


def test_collector_gets_log_records_and_spans(run) -> None:
    support = pytest.importorskip("tests.support.otlp_receiver", exc_type=ImportError)
    with support.receiving() as receiver:
        done = run(f'OtlpSink("{receiver.url}", service="shop")', "from callbox.failures.otlp import OtlpSink")

    assert done.stderr.endswith("KeyError: 'absent'\n")
    [record] = receiver.logs
    [span] = receiver.spans
    [event] = span.events
    told = support.attributes(record)
    assert (record.body.string_value, record.severity_text) == ("KeyError: 'absent'", "ERROR")
    assert told["exception.type"] == "KeyError"
    assert "price(order={'n': 4}) → 8" in told["callbox.last_calls"]
    assert told["exception.stacktrace"].endswith("KeyError: 'absent'")
    assert (event.name, support.attributes(event)["callbox.failure.id"]) == ("exception", told["callbox.failure.id"])
    assert span.status.message == "KeyError: 'absent'"


def test_collector_that_is_not_there_changes_nothing_for_the_program(run) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    done = run('OtlpSink("http://127.0.0.1:9")', "from callbox.failures.otlp import OtlpSink")

    assert done.returncode == 1
    assert "KeyError: 'absent'\n" in done.stderr


def test_sentry_gets_the_last_calls_with_its_event(run) -> None:
    pytest.importorskip("sentry_sdk")
    with receiving_events() as receiver:
        done = run(
            "",
            f"""
            import sentry_sdk
            from callbox.failures.sinks import add_last_calls
            sentry_sdk.init(dsn="{receiver.dsn}", before_send=add_last_calls)
            """,
        )

    assert done.returncode == 1, done.stderr
    [event] = receiver.events
    assert event["exception"]["values"][0]["type"] == "KeyError"
    assert "price(order={'n': 4}) → 8" in event["extra"]["callbox last calls"]
    assert len(event["extra"]["callbox failure"]) == 12
