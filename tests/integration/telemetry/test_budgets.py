"""Tests that cost more than they may."""

from __future__ import annotations

import json

import pytest

DATABASE = """
    import os, sqlite3, time
    import pytest

    @pytest.fixture
    def db():
        connection = sqlite3.connect(":memory:")
        connection.execute("select 0")
        yield connection
        connection.close()
"""
SUITE = (
    DATABASE
    + """
    def ask(db, n):
        for number in range(n): db.execute("select ?", (number,))

    def test_asks_three_times(db): ask(db, 3)
    @pytest.mark.query_budget(5)
    def test_has_its_own(db): ask(db, 5)
    @pytest.mark.query_budget(max_queries=0)
    def test_may_not_ask(db): ask(db, 1)
    def test_sleeps(): time.sleep(0.8)
    @pytest.mark.query_budget(0)
    def test_fails(db):
        ask(db, 1)
        assert False, "of its own"
"""
)
UNITS = """
    import sqlite3, unittest
    class Asking(unittest.TestCase):
        def setUp(self):
            self.db = sqlite3.connect(":memory:")
            self.db.execute("select 0")
        def tearDown(self): self.db.close()
        def test_twice(self): [self.db.execute("select ?", (n,)) for n in range(2)]
        def test_often(self): [self.db.execute("select ?", (n,)) for n in range(3)]
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")


@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_test_over_its_budget_fails_and_says_where(lab, more) -> None:
    lab.write("test_suite.py", SUITE)

    ran = lab.run(*PYTEST, *more, "-o", "callbox_max_queries=2", "-o", "callbox_max_duration_ms=700")

    assert ran.code == 1
    assert {name: (record["status"], record["error"]) for name, record in ran.records.items() if record["error"]} == {
        "test_asks_three_times": (
            "failed",
            "Failed: over budget: 3 queries, 2 allowed; 3 of them at test_suite.py:13 ask: select ?",
        ),
        "test_may_not_ask": (
            "failed",
            "Failed: over budget: 1 query, 0 allowed; 1 of them at test_suite.py:13 ask: select ?",
        ),
        "test_sleeps": ("failed", ran.records["test_sleeps"]["error"]),
        "test_fails": ("failed", "AssertionError: of its own"),
    }
    assert ran.records["test_sleeps"]["error"].endswith(" ms, 700 ms allowed")


def test_unittest_holds_tests_to_the_budget_too(lab) -> None:
    lab.write("test_units.py", UNITS)

    ran = lab.run("-m", "callbox.telemetry.unittest", "test_units", CALLBOX_TELEMETRY_MAX_QUERIES="3")

    assert (ran.code, ran.records["test_twice"]["status"]) == (1, "passed")
    assert "AssertionError: over budget: 4 queries, 3 allowed" in ran.err
    assert ran.records["test_often"]["status"] == "failed"


def test_limit_that_is_no_number_is_told(lab) -> None:
    lab.write("test_suite.py", "def test_one(): pass\n")

    ran = lab.run(*PYTEST, "-o", "callbox_max_queries=few")

    assert ran.code == 4
    assert "callbox: callbox_max_queries='few': give a number of 0 or more" in ran.err


COUNTED = (
    DATABASE
    + """
    def test_asks(db):
        for number in range(int(os.environ["N"])): db.execute("select ?", (number,))
    def test_asks_once(db): db.execute("select 1")
    def test_asks_nothing(): pass
"""
)


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_tests_are_held_to_the_queries_that_they_made(lab, more) -> None:
    lab.write("test_suite.py", COUNTED)
    written = lab.run(*PYTEST, *more, "--telemetry-update-queries", N="2")
    counts = json.loads((lab.folder / "query_counts.json").read_text())

    same, worse, better = (lab.run(*PYTEST, *more, N=n) for n in "231")

    assert "query_counts.json: 2 tests with queries" in written.err
    assert counts["counts"] == {"test_suite.py::test_asks": 2, "test_suite.py::test_asks_once": 1}
    assert [ran.code for ran in (written, same, worse, better)] == [0, 0, 1, 0]
    assert worse.records["test_asks"]["error"] == (
        "Failed: 3 queries, 2 in query_counts.json; 3 of them at test_suite.py:13 test_asks: select ?"
    )
    assert "callbox: query_counts.json: 1 test with fewer queries: to keep" in better.err
    assert "query_counts.json" not in same.err


def test_unittest_holds_tests_to_the_queries_that_they_made(lab) -> None:
    lab.write("test_units.py", UNITS)
    words = ("-m", "callbox.telemetry.unittest", "test_units")
    lab.run(*words, CALLBOX_TELEMETRY_UPDATE_QUERIES="1")
    lab.write("query_counts.json", (lab.folder / "query_counts.json").read_text().replace("4", "1"))

    ran = lab.run(*words)

    assert (ran.code, ran.records["test_twice"]["status"], ran.records["test_often"]["status"]) == (
        1,
        "passed",
        "failed",
    )
    assert "AssertionError: 4 queries, 1 in query_counts.json" in ran.err


def test_damaged_counts_are_told_before_any_test(lab) -> None:
    lab.write("test_suite.py", COUNTED)
    lab.write("query_counts.json", "<<<<<<< HEAD")

    ran = lab.run(*PYTEST, N="1")

    assert (ran.code, ran.records) == (4, {})
    assert "query_counts.json cannot be read" in ran.err


def test_budget_that_is_no_number_is_told_in_one_line(lab) -> None:
    lab.write(
        "test_marks.py",
        """
        import pytest

        @pytest.mark.query_budget
        def test_none(): pass

        @pytest.mark.query_budget("5")
        def test_text(): pass

        @pytest.mark.query_budget(max_queries=5)
        def test_named(): pass
        """,
    )

    records = lab.run("-m", "pytest", "-q", "--callbox-telemetry").records

    told = "Failed: query_budget takes one number of 0 or more: @pytest.mark.query_budget(5)"
    assert {name: record["error"] for name, record in records.items()} == {
        "test_none": told,
        "test_text": told,
        "test_named": "",
    }
