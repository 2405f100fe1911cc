"""unittest with a record for each test."""

from __future__ import annotations

import pytest

SUITE = """
    import unittest

    class Works(unittest.TestCase):
        def test_passes(self): pass

        def test_subtests(self):
            for n in range(3):
                with self.subTest(n=n):
                    self.assertNotEqual(n, 1)

        @unittest.expectedFailure
        def test_fails_as_expected(self): self.fail()

        @unittest.expectedFailure
        def test_passes_unexpectedly(self): pass

        @unittest.skip("why")
        def test_skipped(self): pass

        def test_raises(self): raise ValueError("no")

    class Broken(unittest.TestCase):
        @classmethod
        def setUpClass(cls): raise ValueError("class")

        def test_never(self): pass
"""


def test_each_test_and_broken_fixture_has_one_record(lab) -> None:
    lab.write("test_suite.py", SUITE)
    plain = lab.run("-m", "unittest", "test_suite")

    ran = lab.run("-m", "callbox.telemetry.unittest", "test_suite")

    assert ran.code == plain.code == 1
    assert {name: record["status"] for name, record in ran.records.items()} == {
        "test_passes": "passed",
        "test_subtests": "failed",
        "test_fails_as_expected": "xfailed",
        "test_passes_unexpectedly": "failed",
        "test_skipped": "skipped",
        "test_raises": "error",
        "setUpClass (test_suite.Broken)": "error",
    }
    assert ran.records["test_subtests"]["error"] == "(n=1): AssertionError: 1 == 1"
    assert (ran.summary["total_tests"], ran.summary["failed_tests"], ran.summary["exit_code"]) == (7, 4, 1)


def test_discovery_is_the_default_and_success_gives_0(lab) -> None:
    lab.write("test_one.py", "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): pass\n")

    ran = lab.run("-m", "callbox.telemetry.unittest")

    assert (ran.code, list(ran.records), ran.summary["exit_code"]) == (0, ["test_it"], 0)


@pytest.mark.parametrize("option", ["--help", "--nonsense"])
def test_command_line_without_a_run_leaves_none(lab, option) -> None:
    plain = lab.run("-m", "unittest", option)

    ran = lab.run("-m", "callbox.telemetry.unittest", option)
    report = lab.run("-m", "callbox", "telemetry", "report")

    assert (ran.code, ran.out, ran.err, ran.summary) == (plain.code, plain.out, plain.err, {})
    assert report.code == 3


def test_wrong_setting_is_one_line(lab) -> None:
    ran = lab.run("-m", "callbox.telemetry.unittest", CALLBOX_TELEMETRY_NETWORK="maybe")

    assert ran.code == 2
    assert ran.err == "callbox: error: telemetry network='maybe': choose one of block, record, off\n"


@pytest.mark.parametrize(
    ("option", "shown"),
    [("-f", "Ran 1 test"), ("-v", "test_b (test_suite.Two.test_b) ... FAIL"), ("--locals", "seen = 7")],
)
def test_options_of_unittest_mean_what_they_mean_without(lab, option, shown) -> None:
    lab.write("test_suite.py", TWO)

    ran = lab.run("-m", "callbox.telemetry.unittest", option, "test_suite", CALLBOX_TELEMETRY_OUTPUT="records.txt")

    assert shown in ran.err


TWO = """
    import unittest

    class Two(unittest.TestCase):
        tags = ["of", "the", "project"]

        def test_a(self):
            seen = 7
            self.fail()

        def test_b(self): self.fail()
"""


def test_attribute_called_tags_that_are_none_of_djangos_is_left_alone(lab) -> None:
    lab.write("test_suite.py", TWO)

    ran = lab.run("-m", "callbox.telemetry.unittest", "test_suite")

    assert {name: record["tags"] for name, record in ran.records.items()} == {"test_a": [], "test_b": []}
