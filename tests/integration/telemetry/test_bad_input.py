"""Tests that do what tests should not: one honest record each, and the suite ends as it would."""

from __future__ import annotations

import pytest
from tests.support.plugins import ALL

QUIET = ("-q", "-p", "no:cacheprovider")
SUITE = """
    import os, socket, sys, time
    import pytest

    def test_forks():
        if os.fork() == 0:
            os._exit(0)
        os.wait()

    def test_forks_and_goes_on_in_both():
        child = os.fork()
        if child == 0:
            try:
                raise SystemExit
            finally:
                os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7

    def test_replaces_sockets(monkeypatch):
        monkeypatch.setattr(socket, "socket", None)
        monkeypatch.setattr(socket, "create_connection", None)

    def test_after_sockets_were_replaced():
        with pytest.raises(OSError, match="callbox blocked a connect to 192.0.2.1:80"):
            socket.create_connection(("192.0.2.1", 80), timeout=1)

    def test_prints(): print("x" * 3_000_000)

    @pytest.mark.parametrize("name", ["ü", "名前", "a\\nb", "\\u2028"])
    def test_named(name): pass
"""


def test_forks_sockets_output_and_names_have_one_record_each(lab) -> None:
    lab.write("test_suite.py", SUITE)
    lab.write("pytest.ini", "[pytest]\ndisable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n")

    ran = lab.run("-m", "pytest", *QUIET, "--callbox-telemetry")

    assert ran.code == 0
    assert len(ran.records) == ran.summary["total_tests"] == 9
    assert {record["status"] for record in ran.records.values()} == {"passed"}
    assert {"test_named[ü]", "test_named[名前]", "test_named[a\nb]", "test_named[\u2028]"} < ran.records.keys()


def test_test_that_hangs_is_recorded_with_its_timeout(lab) -> None:
    pytest.importorskip("pytest_timeout")
    lab.write("test_suite.py", "import time\ndef test_hangs(): time.sleep(60)\ndef test_next(): pass\n")

    ran = lab.run(
        "-m", "pytest", *QUIET, "--callbox-telemetry", "--timeout", "0.5", "--timeout-method", "signal", **ALL
    )

    assert {name: record["status"] for name, record in ran.records.items()} == {
        "test_hangs": "failed",
        "test_next": "passed",
    }
    assert "Timeout (>0.5s)" in ran.records["test_hangs"]["error"]


def test_worker_that_hangs_and_is_killed_has_crashed(lab) -> None:
    pytest.importorskip("pytest_timeout")
    lab.write("test_suite.py", "import time\ndef test_hangs(): time.sleep(60)\ndef test_next(): pass\n")
    thread = ("--timeout", "0.5", "--timeout-method", "thread")

    ran = lab.run("-m", "pytest", *QUIET, "--callbox-telemetry", "-n", "1", *thread, **ALL)

    assert ran.code == 1
    assert {name: record["status"] for name, record in ran.records.items()} == {
        "test_hangs": "crashed",
        "test_next": "passed",
    }


def test_test_that_ends_the_session_is_recorded_as_interrupted(lab) -> None:
    lab.write("test_suite.py", "import pytest\ndef test_ends(): pytest.exit('enough')\ndef test_never(): pass\n")

    ran = lab.run("-m", "pytest", *QUIET, "--callbox-telemetry")

    assert {name: (record["status"], record["error"]) for name, record in ran.records.items()} == {
        "test_ends": ("error", "interrupted: Exit")
    }


def test_interrupted_unittest_is_no_success(lab) -> None:
    lab.write(
        "test_units.py",
        "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): raise KeyboardInterrupt\n",
    )

    ran = lab.run("-m", "callbox.telemetry.unittest", "test_units")

    assert ran.code != 0
    assert (ran.records["test_it"]["status"], ran.records["test_it"]["error"]) == ("error", "it was interrupted")


@pytest.mark.parametrize(
    ("package", "advice"),
    [
        ("pytest", "callbox.telemetry.pytest needs pytest: pip install 'callbox[pytest]'"),
        ("django", "callbox.telemetry.django needs Django: pip install django"),
    ],
)
def test_runner_that_is_not_installed_is_named(lab, package, advice) -> None:
    run = f"runpy.run_module('callbox.telemetry.{package}', run_name='__main__')"

    ran = lab.run("-c", f"import runpy, sys; sys.modules['{package}'] = None; {run}")

    assert (ran.code, ran.err) == (2, f"callbox: error: {advice}\n")
