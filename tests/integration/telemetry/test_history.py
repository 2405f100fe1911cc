"""Runs that are kept, shown and compared."""

from __future__ import annotations

import pytest

SUITE = """
    import os, sqlite3
    def ask(connection):
        for number in range(int(os.environ["N"])):
            connection.execute("select ?", (number,))
    def test_asks():
        connection = sqlite3.connect(":memory:")
        ask(connection)
        connection.close()
    def test_fails(): assert os.environ["N"] == "1", "<many>"
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")
CALLBOX = ("-m", "callbox", "telemetry")


@pytest.fixture
def runs(lab):
    """A folder with two runs, of which the second is worse."""
    lab.write("test_suite.py", SUITE)
    lab.run(*PYTEST, N="1")
    lab.run(*PYTEST, "-n", "1", N="4")
    return lab


def test_report_names_what_failed_and_what_asks_databases(runs) -> None:
    listed = runs.run(*CALLBOX, "list")
    report = runs.run(*CALLBOX, "report")

    assert [line.split()[1] for line in listed.out.splitlines()] == ["2", "1"]
    assert (report.code, report.err) == (0, "")
    assert "2 tests: 1 passed, 1 failed" in report.out
    assert "failed  test_suite.py::test_fails  AssertionError: <many>" in report.out
    assert "4  test_suite.py::test_asks" in report.out
    assert "test_suite.py::test_asks  test_suite.py:5 ask" in report.out


def test_comparison_tells_what_became_worse_by_its_exit_code(runs) -> None:
    worse = runs.run(*CALLBOX, "compare", "1", "2")
    same = runs.run(*CALLBOX, "compare", "2", "2")

    assert (worse.code, same.code) == (1, 0)
    assert "n+1      test_suite.py::test_asks  test_suite.py:5 ask" in worse.out
    assert "queries  test_suite.py::test_asks  1 -> 4" in worse.out
    assert "outcome  test_suite.py::test_fails  passed -> failed: AssertionError: <many>" in worse.out
    assert "time     test_suite.py::test_fails" not in worse.out
    assert "0 regressions" in same.out


def test_runs_without_a_common_test_are_not_compared(runs) -> None:
    runs.write("test_other.py", "def test_else(): pass\n")
    runs.run(*PYTEST, "test_other.py")

    compared = runs.run(*CALLBOX, "compare", "2", "3")

    assert (compared.code, compared.out) == (3, "")
    assert compared.err == "callbox: error: runs 2 and 3 have no test in common: nothing can be compared\n"


def test_page_has_all_tests_and_nothing_from_elsewhere(runs) -> None:
    written = runs.run(*CALLBOX, "report", "--html", "page.html")

    page = (runs.folder / "page.html").read_text()
    assert (written.out, written.err) == ("", "wrote page.html\n")
    assert "AssertionError: &lt;many&gt;" in page
    assert page.count("<rect") == 5
    assert page.count(" queries</text>") == 2
    assert "http" not in page.replace("http-equiv", "")


def test_run_that_is_not_there_is_told(runs) -> None:
    missing = runs.run(*CALLBOX, "report", "7")

    assert (missing.code, missing.err.partition(": no run 7 in ")[0]) == (3, "callbox: error")


def test_suite_ends_as_ever_when_its_run_cannot_be_kept(lab) -> None:
    lab.write("test_suite.py", SUITE)
    lab.write("store.db", "this is no database, but text that is long enough to be taken for one" * 40)

    ran = lab.run(*PYTEST, N="1", CALLBOX_TELEMETRY_STORE="store.db")
    without = lab.run(*PYTEST, N="1", CALLBOX_TELEMETRY_STORE="off")

    assert (ran.code, without.code) == (0, 0)
    assert "callbox: this run is not kept: store.db is no store, or is damaged" in ran.err
    assert not (lab.folder / ".callbox" / "telemetry.db").exists()
