"""What `[telemetry]` in the configuration does to a run."""

from __future__ import annotations

import json

import pytest
from tests.support.plugins import ALL

SUITE = """
    import socket, sqlite3, time
    import pytest

    def ask(n):
        connection = sqlite3.connect(":memory:")
        for number in range(n): connection.execute("select ?", (number,))
        connection.close()

    def test_sleeps(): time.sleep(0.05)
    def test_sleeps_long(): time.sleep(0.9)
    def test_asks(): ask(3)
    def test_asks_much(): ask(5)
    def test_reaches():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaching:
            reaching.connect(("192.0.2.1", 80))  # sends nothing
"""
FILE = """
    [telemetry]
    output = "lines.jsonl"
    slow_ms = 40
    very_slow_ms = 700
    moderate_queries = 2
    high_queries = 4
    allowed_hosts = ["192.0.2.0/24"]
    store = "runs.db"
    html = "report.html"
    ctrf = "ctrf.json"
    markdown = "summary.md"
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")


@pytest.fixture
def suite(lab):
    lab.write("test_suite.py", SUITE)
    return lab


def test_thresholds_hosts_and_output_are_those_of_the_file(suite) -> None:
    suite.write("callbox.toml", FILE)

    ran = suite.run(*PYTEST, output="lines.jsonl")

    assert ran.code == 0
    flags = {name: set(record["performance"]["flags"]) for name, record in ran.records.items()}
    assert "slow" in flags["test_sleeps"]
    assert "very_slow" in flags["test_sleeps_long"]
    assert "moderate_db_queries" in flags["test_asks"]
    assert "high_db_queries" in flags["test_asks_much"]
    assert ran.records["test_asks"]["performance"]["is_db_heavy"]
    assert ran.records["test_reaches"]["http_calls"]["count"] == 0


def test_reports_are_written_when_the_run_ends_and_commands_find_its_store(suite) -> None:
    suite.write("callbox.toml", FILE)

    suite.run(*PYTEST)
    listed = suite.run("-m", "callbox", "telemetry", "list")

    assert "test_suite.py::test_asks" in (suite.folder / "report.html").read_text()
    assert json.loads((suite.folder / "ctrf.json").read_text())["results"]["summary"]["tests"] == 5
    assert (suite.folder / "summary.md").read_text().startswith("### Tests: 5 passed\n")
    assert (suite.folder / "runs.db").exists()
    assert listed.out.startswith("run 1 ")


def test_hosts_of_a_variable_are_apart_by_commas(suite) -> None:
    ran = suite.run(*PYTEST, "-k", "reaches", CALLBOX_TELEMETRY_ALLOWED_HOSTS="db,192.0.2.0/24")

    assert (ran.code, ran.records["test_reaches"]["http_calls"]["count"]) == (0, 0)


def test_budgets_and_network_of_the_file_give_way_to_variables(suite) -> None:
    suite.write("callbox.toml", "[telemetry]\nmax_queries = 4\nmax_duration_ms = 700\nnetwork = 'record'\n")

    of_file = suite.run(*PYTEST).records
    of_variables = suite.run(*PYTEST, CALLBOX_TELEMETRY_MAX_QUERIES="9", CALLBOX_TELEMETRY_NETWORK="block").records

    assert {name for name, record in of_file.items() if record["status"] == "failed"} == {
        "test_sleeps_long",
        "test_asks_much",
    }
    assert {name for name, record in of_variables.items() if record["status"] == "failed"} == {
        "test_sleeps_long",
        "test_reaches",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slow = 1", "unknown key telemetry.slow: did you mean "),
        ("slow_ms = 'long'", "telemetry.slow_ms = 'long': Expected `float`, got `str`"),
        ("slow_ms = 9000", "telemetry slow_ms=9000 and very_slow_ms=5000: give numbers of 0 or more"),
        ("allowed_hosts = ['10.0.0.0/99']", "telemetry allowed_hosts: '10.0.0.0/99' does not appear to be"),
        ("otlp = 'localhost'", "telemetry otlp='localhost': give the URL of a receiver"),
        ("max_queries = -1", "telemetry max_queries=-1: give a number of 0 or more"),
    ],
)
def test_wrong_key_or_value_is_told_before_any_test(suite, text, message) -> None:
    suite.write("callbox.toml", f"[telemetry]\n{text}\n")

    ran = suite.run(*PYTEST)

    assert (ran.code, ran.records) == (4, {})
    assert message in ran.err


def test_report_that_cannot_be_written_is_told_and_changes_nothing(suite) -> None:
    ran = suite.run(*PYTEST, "-k", "asks", CALLBOX_TELEMETRY_HTML="no/where/report.html")

    assert ran.code == 0
    assert "callbox: no report is written: cannot write" in ran.err


@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_test_that_passes_when_it_is_run_again_is_flaky(lab, more) -> None:
    pytest.importorskip("pytest_rerunfailures")
    lab.write("test_suite.py", "tries = []\ndef test_wavers():\n    tries.append(1)\n    assert len(tries) > 2\n")

    ran = lab.run(*PYTEST, *more, "--reruns", "3", **ALL)
    report = lab.run("-m", "callbox", "telemetry", "report")

    record = ran.records["test_wavers"]
    assert (ran.code, record["status"], record["tries"]) == (0, "passed", ["failed", "failed", "passed"])
    assert (record["performance"]["flags"], ran.summary["flaky"]) == (["flaky"], ["test_suite.py::test_wavers"])
    assert "flaky in the last runs\n    test_suite.py::test_wavers" in report.out
