"""Records, and the lines that they become."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from callbox.telemetry.queries import QueryLog
from callbox.telemetry.records import NO_QUERIES, Identity, Running, make_record
from callbox.telemetry.settings import TelemetrySettings
from callbox.telemetry.sink import encode

QUOTING = 'a"database_queries": 0\n\udc80'


@pytest.fixture
def running() -> Running:
    return Running(Identity(QUOTING, "http_calls", tags=("x",)), "call", 0)


def test_line_of_a_test_that_asked_for_nothing_says_all_of_its_record(running) -> None:
    record = make_record(running, "passed", "", {"status": "off"}, TelemetrySettings())

    line = encode(record)

    assert line.isascii()
    assert b"\n" not in line
    assert json.loads(line) == json.loads(json.dumps(record))
    assert line.decode() == json.dumps(record, separators=(",", ":"))


def test_line_of_a_test_with_queries_says_all_of_its_record(running) -> None:
    running.queries.add("select 1", (), 1000, phase="call", alias="default")
    record = make_record(running, "failed", "why", {"status": "off"}, TelemetrySettings())

    assert record["database_queries"]["count"] == 1
    assert json.loads(encode(record)) == json.loads(json.dumps(record))


def test_flags_are_those_of_the_thresholds(running) -> None:
    running.tries.append("failed")
    settings = TelemetrySettings(slow_ms=0, very_slow_ms=0, moderate_queries=0, high_queries=0)
    running.queries.add("select 1", (), 1000, phase="call", alias="default")

    flags = make_record(running, "passed", "", {}, settings)["performance"]["flags"]

    assert flags == ["very_slow", "high_db_queries", "flaky"]


def test_times_have_microseconds(running) -> None:
    running.started_s = 1_700_000_000.000012

    record = make_record(running, "passed", "", {}, TelemetrySettings())

    assert record["start_time"].endswith(":20.000012")
    assert record["end_time"] > record["start_time"]


def test_what_is_written_out_is_what_a_log_without_queries_says() -> None:
    said = QueryLog().as_record()

    assert json.dumps(said) == json.dumps(NO_QUERIES)


OF_THE_TOOL_BEFORE = {
    "database_queries": "count total_duration slow_queries duplicate_queries query_types avg_duration max_duration",
    "http_calls": "count total_duration external_calls blocked_calls",
    "performance": "is_slow is_db_heavy is_network_heavy has_blocked_network_calls current_duration flags",
}
NAMED_BEFORE = "id name class module file line status duration start_time end_time tags fixtures coverage logs metadata"


def test_record_has_the_keys_of_the_tool_whose_readers_it_serves(running) -> None:
    running.queries.add("select 1", (), 1000, phase="call", alias="default")

    record = make_record(running, "passed", "", {"status": "off"}, TelemetrySettings())

    missing = {part: set(keys.split()) - set(record[part]) for part, keys in OF_THE_TOOL_BEFORE.items()}
    assert missing == {part: set() for part in OF_THE_TOOL_BEFORE}
    assert set(NAMED_BEFORE.split()) - set(record) == set()
    assert set(record["database_queries"]["query_types"]) == {"SELECT", "INSERT", "UPDATE", "DELETE", "OTHER"}


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not tell")
def test_peak_of_memory_is_not_that_of_whoever_started_the_process() -> None:
    code = "from callbox.telemetry.records import peak_memory_kb; print(peak_memory_kb())"
    assert len(b"x" * (300 << 20)) == 300 << 20

    peak_kb = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)

    assert 5 << 10 < peak_kb < 200 << 10
