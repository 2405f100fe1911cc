"""Tests that kill their process: the run is kept all the same, and the test that ran is crashed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from tests.support.django_project import FILES, RUNNER

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")
CALLBOX = ("-m", "callbox", "telemetry")
DEATHS = {
    "os._exit": "os._exit(3)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)",
    "segmentation_fault": "ctypes.string_at(0)",
}


def suite(death: str) -> str:
    return f"""
        import ctypes, os, signal, unittest

        class Suite(unittest.TestCase):
            def test_a(self): pass
            def test_b(self):
                if os.environ.get("DIE"): {death}
            def test_c(self): pass
    """


def outcomes(lab, *words: str) -> dict[str, str]:
    """Return what the report of a run says of its tests."""
    report = json.loads(lab.run(*CALLBOX, "report", "--json", *words).out)
    return {test["id"].rpartition("test_")[2]: test["status"] for test in report["tests"]}


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
@pytest.mark.parametrize(
    "words", [PYTEST, ("-m", "callbox.telemetry.unittest", "test_suite")], ids=["pytest", "unittest"]
)
def test_report_keeps_the_run_of_a_killed_process(lab, words, death) -> None:
    lab.write("test_suite.py", suite(death))
    plain = lab.run("-m", "unittest", "test_suite", DIE="1")

    ran = lab.run(*words, DIE="1")
    listed = lab.run(*CALLBOX, "list")

    assert ran.code == plain.code
    assert {name: record["status"] for name, record in ran.records.items()} == {"test_a": "passed"}
    assert "1 passed, 1 crashed" in listed.out
    assert "killed before its end" in listed.out
    assert "was killed in test_suite" in listed.err
    assert outcomes(lab) == {"a": "passed", "b": "crashed"}
    assert not (lab.folder / ".callbox" / "telemetry.db.running").exists()


def test_next_run_keeps_the_killed_one_before_itself(lab) -> None:
    lab.write("test_suite.py", suite("os._exit(3)"))
    lab.run(*PYTEST, DIE="1")

    ran = lab.run(*PYTEST)

    assert "callbox: run 1 of " in ran.err
    assert "was killed in test_suite.py::Suite::test_b: it is kept" in ran.err
    assert outcomes(lab, "1") == {"a": "passed", "b": "crashed"}
    assert outcomes(lab, "2") == {"a": "passed", "b": "passed", "c": "passed"}


def test_run_that_goes_on_is_left_alone(lab) -> None:
    lab.write("test_suite.py", "def test_a(): pass\ndef test_waits(): input()\n")
    command = [sys.executable, *PYTEST, "-s"]
    with subprocess.Popen(command, cwd=lab.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        next(line for line in running.stdout if "test_a" in line)
        listed = lab.run(*CALLBOX, "list")
        running.communicate("\n", timeout=60)

    assert "no runs in" in listed.err
    assert outcomes(lab) == {"a": "passed", "waits": "passed"}


def test_controller_that_is_killed_leaves_what_its_workers_told(lab) -> None:
    lab.write(
        "test_suite.py",
        """
        import os, signal, time
        def test_a(): pass
        def test_b():
            time.sleep(0.5)
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(5)
        """,
    )

    lab.run(*PYTEST, "-n", "1")

    assert outcomes(lab) == {"a": "passed", "b": "crashed"}


DYING = """
    import os, signal, unittest

    os.environ.setdefault("RUNNER", str(os.getpid()))

    class Dying(unittest.TestCase):
        def test_a(self): pass
        def test_b(self):
            open("dies", "w").close()
            if os.environ.get("WITH_RUNNER"):
                os.kill(int(os.environ["RUNNER"]), signal.SIGKILL)
            os._exit(3)
        def test_c(self): pass

    class Living(unittest.TestCase):
        def test_d(self): pass
"""


@pytest.fixture
def project(lab):
    pytest.importorskip("django")
    for name, text in FILES.items():
        lab.write(name, text)
    lab.write("shop/tests.py", DYING)
    return lab


def interrupted(project, *words: str) -> tuple[int, dict[str, list[dict]]]:
    """Run a suite that Django waits for in vain, interrupt it, and return its exit code and its lines by prefix."""
    command = [sys.executable, "manage.py", "test", *words, "--parallel", "2"]
    (project.folder / "dies").unlink(missing_ok=True)
    with subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        while not (project.folder / "dies").exists():
            time.sleep(0.05)
        time.sleep(1.5)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    lines = {"TEST_RESULT": [], "TEST_SUMMARY": []}
    for line in out.splitlines():
        prefix, _, text = line.partition(":")
        if prefix in lines:
            lines[prefix].append(json.loads(text))
    return running.returncode, lines


def test_test_of_a_killed_worker_of_django_is_crashed_and_nothing_lost(project) -> None:
    plain_code, _ = interrupted(project)
    code, lines = interrupted(project, RUNNER)

    (summary,) = lines["TEST_SUMMARY"]
    assert code == plain_code
    assert sorted((record["name"], record["class"], record["status"]) for record in lines["TEST_RESULT"]) == [
        ("test_a", "Dying", "passed"),
        ("test_b", "Dying", "crashed"),
        ("test_d", "Living", "passed"),
    ]
    assert (summary["total_tests"], summary["by_status"]) == (3, {"passed": 2, "crashed": 1})
    assert outcomes(project) == {"a": "passed", "b": "crashed", "d": "passed"}


def test_workers_records_outlive_a_killed_run_of_django(project) -> None:
    project.run("manage.py", "test", RUNNER, "--parallel", "2", WITH_RUNNER="1")

    kept = outcomes(project)
    assert (kept["a"], kept["b"]) == ("passed", "crashed")
    assert "c" not in kept


@pytest.mark.parametrize("option", ["--markers", "--collect-only"])
def test_pytest_that_runs_no_test_leaves_no_run(lab, option) -> None:
    lab.write("test_suite.py", "def test_a(): pass")

    shown = lab.run(*PYTEST, option)
    ran = lab.run(*PYTEST)

    assert (shown.code, ran.code) == (0, 0)
    assert "killed" not in ran.err
    assert lab.run(*CALLBOX, "list").out.startswith("run 1  ")
    assert not (lab.folder / ".callbox" / "telemetry.db.running").exists()
