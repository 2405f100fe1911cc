"""The lines that each test runs."""

from __future__ import annotations

import sys

import pytest
from tests.support.plugins import ALL

pytest.importorskip("coverage")

SHOP = """
    def price(amount, discount):
        if discount:
            return (
                amount
                - discount
            )
        return amount
"""
SUITE = """
    import shop
    def test_full(): assert shop.price(5, 0) == 5
    def test_reduced(): assert shop.price(5, 1) == 4
    def test_nothing(): pass
"""
UNITS = """
    import unittest
    import shop
    class Prices(unittest.TestCase):
        def test_full(self): self.assertEqual(shop.price(5, 0), 5)
        def test_reduced(self): self.assertEqual(shop.price(5, 1), 4)
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry", "--telemetry-coverage")


@pytest.fixture
def shop(lab):
    lab.write("shop.py", SHOP)
    lab.write("test_suite.py", SUITE)
    lab.write("test_units.py", UNITS)
    return lab


def shop_file(record) -> dict:
    [file] = [file for file in record["coverage"]["files"] if file["file"].endswith("shop.py")]
    return file


@pytest.mark.parametrize(
    "words",
    [
        (*PYTEST, "test_suite.py"),
        (*PYTEST, "-n", "2", "test_suite.py"),
        (*PYTEST, "--cov", "shop", "--cov-context", "test", "test_suite.py"),
        ("-m", "callbox.telemetry.unittest", "test_units"),
    ],
    ids=["pytest", "xdist", "pytest-cov", "unittest"],
)
def test_each_test_has_the_lines_that_it_ran_itself(shop, words) -> None:
    records = shop.run(*words, CALLBOX_TELEMETRY_COVERAGE="1", COVERAGE_CORE="ctrace", **ALL).records

    full, reduced = shop_file(records["test_full"]), shop_file(records["test_reduced"])
    assert (full["lines_covered"], full["lines_total"], full["missing_lines"]) == (2, 3, [4])
    assert (reduced["lines_covered"], reduced["coverage_percent"], reduced["missing_lines"]) == (2, 66.67, [8])
    assert {record["database_queries"]["count"] for record in records.values()} == {0}


def test_file_that_a_test_does_not_touch_is_not_in_its_record(shop) -> None:
    record = shop.run(*PYTEST, "test_suite.py", **ALL).records["test_nothing"]

    assert record["coverage"]["status"] == "collected"
    assert not (shop.folder / ".coverage").exists()
    assert [file["file"].endswith("shop.py") for file in record["coverage"]["files"]] == [False]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((*PYTEST[:-1], "test_suite.py"), "off"),
        ((*PYTEST, "--cov", "shop", "test_suite.py"), "pytest-cov keeps no contexts"),
        (("-m", "coverage", "run", *PYTEST, "test_suite.py"), "another coverage measures this process"),
    ],
    ids=["off", "pytest-cov without contexts", "coverage run"],
)
def test_status_says_why_there_are_no_lines(shop, words, status) -> None:
    record = shop.run(*words, COVERAGE_CORE="ctrace", **ALL).records["test_full"]

    assert record["coverage"]["status"].startswith(status)


def test_coverage_that_is_not_installed_is_told(shop) -> None:
    shop.write("coverage.py", "raise ImportError('not here')")

    ran = shop.run(*PYTEST, "-p", "no:pytest_cov", "test_suite.py", **ALL)

    status = ran.records["test_full"]["coverage"]["status"]
    assert (ran.code, status) == (0, "coverage is not installed: pip install 'callbox[telemetry]'")


@pytest.mark.skipif(sys.version_info < (3, 14), reason="sysmon is what coverage chooses from 3.14 on")
def test_core_without_contexts_is_told(shop) -> None:
    record = shop.run(*PYTEST, "--cov", "shop", "--cov-context", "test", "test_suite.py", **ALL).records["test_full"]

    assert record["coverage"]["status"].startswith("the core sysmon of coverage has no contexts")


def test_report_of_pytest_cov_is_what_it_is_without_telemetry(shop) -> None:
    words = ("-m", "pytest", "-q", "--cov", "shop", "--cov-context", "test", "--cov-report", "term", "test_suite.py")
    plain = shop.run(*words, **ALL)

    ran = shop.run(*words, "--callbox-telemetry", "--telemetry-coverage", **ALL)

    assert [line for line in ran.out.splitlines() if line.startswith(("shop.py", "TOTAL"))] == [
        line for line in plain.out.splitlines() if line.startswith(("shop.py", "TOTAL"))
    ]
    assert "shop.py" in ran.out


def test_lines_are_the_same_where_branches_are_measured(shop) -> None:
    by_lines = shop.run(*PYTEST, **ALL).records
    shop.write(".coveragerc", "[run]\nbranch = true\n")
    by_branches = shop.run(*PYTEST, **ALL).records

    assert shop_file(by_lines["test_reduced"])["missing_lines"] == [8]
    assert shop_file(by_branches["test_reduced"]) == shop_file(by_lines["test_reduced"])
    assert shop_file(by_branches["test_full"]) == shop_file(by_lines["test_full"])
