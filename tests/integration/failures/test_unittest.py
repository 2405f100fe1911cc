"""`python -m callbox.failures`: unittest's and Django's tests, every failure captured, whichever runner runs them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.support.service import clean_environment

from callbox.failures.history import History

SHOP = """
def price(order):
    return order["price"] / order["n"]
"""
TESTS = """
import unittest
from shop import price

class ShopTest({base}):
    def test_ok(self):
        self.assertEqual(price({{"price": 4, "n": 2}}), 2)

    def test_zero(self):
        price({{"price": 4, "n": 0, "password": "hunter2-not-shown"}})

    def test_plain(self):
        found = [1, 2]
        self.assertEqual(found, [3])

    def test_subtests(self):
        for n in (1, 2, 4):
            with self.subTest(n=n):
                self.assertEqual(price({{"price": 4, "n": n}}), 4)

    @unittest.expectedFailure
    def test_known(self):
        self.fail("known")

    @unittest.skip("later")
    def test_skipped(self):
        self.fail("skipped")

class BrokenTest({base}):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        raise OSError(2, "gone")

    def test_never(self):
        pass

class OtherTest({base}):
    def test_key(self):
        {{}}["absent"]
"""
ZERO = """
import shop, unittest

class ZeroTest(unittest.TestCase):
    def test_zero(self):
        shop.price({'price': 4, 'n': 0})
"""
MANAGE = """
import sys
from django.conf import settings
from django.core.management import execute_from_command_line

settings.configure(
    INSTALLED_APPS=["shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
if __name__ == "__main__":
    execute_from_command_line(sys.argv)
"""
FAILED = ["BrokenTest)", "OtherTest.test_key", "ShopTest.test_plain", "ShopTest.test_zero"]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "test_shop.py").write_text(TESTS.format(base="unittest.TestCase"))
    return tmp_path


@pytest.fixture
def django_project(project):
    pytest.importorskip("django")
    (project / "manage.py").write_text(MANAGE)
    tests = "from django.test import TestCase\n" + TESTS.format(base="TestCase")
    (project / "test_shop.py").write_text(tests)
    return project


@pytest.fixture
def history(project):
    history = History(project / ".callbox" / "failures.db")
    yield history
    history.close()


def run(project, *words, **environ) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callbox.failures", *words],
        cwd=project,
        env=clean_environment() | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def names(history: History) -> list[str]:
    """The ends of the names of the tests that failed, without those of subtests."""
    found = [failure.test_name.rpartition("test_shop.")[2] for failure in history.failures()]
    return sorted(name for name in found if "n=" not in name)


def test_every_failure_of_unittest_is_captured_and_shown(project, history) -> None:
    done = run(project, "-m", "unittest")

    assert done.returncode == 1
    assert "FAILED (failures=3, errors=3, skipped=1, expected failures=1)" in done.stderr
    assert done.stderr.count("callbox: where it failed") == 6
    assert "price(order={'price': 4, 'n': 0, 'password': [redacted: key password]}) ✗ ZeroDivisionError" in done.stderr
    assert done.stderr.endswith("failures.db: callbox failures list\n")
    assert "_run(" not in done.stderr
    assert names(history) == FAILED
    assert len(history.failures()) == 6
    assert [passed.test_name for passed in history.passed()] == ["test_shop.ShopTest.test_ok"]


def test_program_keeps_its_arguments_and_exit_code(project) -> None:
    assert run(project, "-m", "unittest", "test_shop.ShopTest.test_ok").returncode == 0
    (project / "program.py").write_text("import sys\nprint(sys.argv, sys.path[0])\nsys.exit(7)\n")
    done = run(project, "program.py", "--flag")

    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == f"['program.py', '--flag'] {project}\n"


def test_failure_of_a_test_becomes_a_test(project, history) -> None:
    (project / "test_shop.py").write_text(ZERO)
    run(project, "-m", "unittest")
    done = subprocess.run(
        [sys.executable, "-m", "callbox", "failures", "test", history.failures(limit=1)[0].id],
        cwd=project,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert "it fails as the failure did: ZeroDivisionError: division by zero" in done.stdout, done.stderr


def test_production_mode_records_no_calls(project, history) -> None:
    done = run(project, "-m", "unittest", "test_shop.OtherTest", CALLBOX_MODE="production")

    assert "callbox: last calls" not in done.stderr
    assert history.failures()[0].calls == ""


@pytest.mark.parametrize(("words", "says"), [((), "name a program"), (("-m",), "name a program")])
def test_program_must_be_named(project, words, says) -> None:
    done = run(project, *words)

    assert (done.returncode, says in done.stderr) == (2, True)


def test_telemetry_writes_its_records_beside(project, history) -> None:
    done = run(project, "-m", "callbox.telemetry.unittest", "test_shop")

    results = [
        json.loads(line.partition(":")[2]) for line in done.stdout.splitlines() if line.startswith("TEST_RESULT")
    ]
    assert {result["status"] for result in results} >= {"passed", "failed", "error", "skipped"}
    assert names(history) == FAILED


@pytest.mark.parametrize(
    "words", [(), ("--parallel=2",), ("--testrunner=callbox.telemetry.django.TelemetryTestRunner",)]
)
def test_every_failure_of_django_is_captured(django_project, history, words) -> None:
    done = run(django_project, "manage.py", "test", *words)

    assert done.returncode == 1
    assert names(history) == FAILED
    assert len(history.failures()) == 6
    assert "6 failures kept in" in done.stderr
