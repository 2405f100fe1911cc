"""Runs in the formats of others."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

SUITE = """
    import sqlite3
    import pytest

    def ask(connection):
        for number in range(3):
            connection.execute("select ?", (number,))

    def test_asks():
        connection = sqlite3.connect(":memory:")
        ask(connection)
        connection.close()

    @pytest.mark.parametrize("name", ["a|<b>"])
    def test_fails(name): assert False

    @pytest.mark.xfail
    def test_fails_as_expected(): assert False

    def test_skips(): pytest.skip("today")
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")
CALLBOX = ("-m", "callbox", "telemetry", "report")


@pytest.fixture
def suite(lab):
    lab.write("test_suite.py", SUITE)
    return lab


def test_ctrf_counts_its_tests_and_keeps_the_outcome(suite) -> None:
    suite.run(*PYTEST)

    report = json.loads(suite.run(*CALLBOX, "--ctrf", "-").out)

    results = report["results"]
    counts = {name: n for name, n in results["summary"].items() if name not in ("start", "stop")}
    assert (report["reportFormat"], results["tool"]["name"]) == ("CTRF", "callbox")
    assert counts == {"tests": 4, "passed": 2, "failed": 1, "pending": 0, "skipped": 1, "other": 0}
    assert results["summary"]["stop"] > results["summary"]["start"] > 1_700_000_000_000
    assert [(test["status"], test["rawStatus"]) for test in results["tests"]] == [
        ("passed", "passed"),
        ("failed", "failed"),
        ("passed", "xfailed"),
        ("skipped", "skipped"),
    ]
    assert results["tests"][0]["extra"] == {
        "queries": 3,
        "n_plus_one": ["test_suite.py:7 ask"],
        "network_blocked": 0,
    }


def test_markdown_has_tables_that_no_name_breaks(suite) -> None:
    suite.run(*PYTEST)

    text = suite.run(*CALLBOX, "--markdown", "-").out

    assert text.startswith("### Tests: 1 passed, 1 failed, 1 skipped, 1 xfailed\n")
    assert "| test&#95;suite.py::test&#95;fails&#91;a&#124;&lt;b>] | assert False |" in text


def test_file_that_is_written_is_told_beside_what_goes_to_standard_output(suite) -> None:
    suite.run(*PYTEST)

    shown = suite.run(*CALLBOX, "--json", "--html", "page.html")

    assert (len(json.loads(shown.out)["tests"]), shown.err) == (4, "wrote page.html\n")


@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_junit_has_the_queries_of_each_test(suite, more) -> None:
    suite.run(*PYTEST, *more, "--junitxml", "junit.xml")

    cases = {case.get("name"): case for case in ET.parse(suite.folder / "junit.xml").iter("testcase")}
    properties = {each.get("name"): each.get("value") for each in cases["test_asks"].iter("property")}
    assert properties.pop("callbox.queries_ms")
    assert properties == {
        "callbox.queries": "3",
        "callbox.n_plus_one": "test_suite.py:7 ask",
        "callbox.network_blocked": "0",
    }
