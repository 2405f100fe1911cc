"""`pytest --callbox-failures`: every failure captured, shown, stored and reported."""

from __future__ import annotations

import json

import pytest

TESTS = """
import pytest, shop

@pytest.fixture
def order():
    return {"price": 5, "n": 0, "password": "hunter2-not-shown"}

@pytest.fixture
def broken():
    raise OSError(2, "gone")

@pytest.mark.parametrize("k", [1, 2])
def test_price(order, k):
    assert shop.price({**order, "n": k - 1}) == 5

def test_plain():
    found = [1, 2]
    assert found == [3]

def test_fail():
    pytest.fail("by hand")

def test_skip():
    pytest.skip("later")

@pytest.mark.xfail
def test_known():
    assert False

def test_setup(broken):
    pass

@pytest.fixture
def late():
    yield
    raise ConnectionError("too late")

def test_teardown(late):
    pass
"""


@pytest.fixture
def project(pytester, monkeypatch):
    for name in ("FAILEXTRACT_MODE", "CALLBOX_MODE", "CALLBOX_FAILURES_STORE", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyprojecttoml("")
    pytester.makepyfile(shop="def price(order):\n    return order['price'] / order['n']\n")
    pytester.makepyfile(test_shop=TESTS)
    return pytester


def run(project, *arguments):
    return project.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_every_failure_is_captured_shown_and_reported(project) -> None:
    result = run(project, "--callbox-failures=report.json")

    result.assert_outcomes(failed=3, passed=2, skipped=1, xfailed=1, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*callbox: where it failed*",
            "*shop.py:2  price",
            "*password*redacted: key password*",
            "*callbox: last calls*",
            "*price(order={'price': 5, 'n': 0*ZeroDivisionError*",
            "5 kept in *failures.db: callbox failures list",
        ]
    )
    result.stdout.no_fnmatch_line("*@py_*")
    assert "hunter2-not-shown" not in (project.path / "report.json").read_text()


def test_report_has_fixtures_parameters_and_locals(project) -> None:
    run(project, "--callbox-failures=report.json", "-k", "test_price or test_plain or test_setup or test_teardown")

    found = {f["test_name"]: f for f in json.loads((project.path / "report.json").read_text())["failures"]}
    priced = found["test_shop.py::test_price[1]"]
    assert priced["arguments"] == {"k": "1"}
    assert (priced["filename"].rpartition("/")[2], priced["line"]) == ("shop.py", 2)
    assert priced["fixtures"]["order"] == "{'price': 5, 'n': 0, 'password': '[redacted: key password]'}"
    assert [frame["function"] for frame in priced["exception"]["frames"]] == ["test_price", "price"]
    assert found["test_shop.py::test_plain"]["exception"]["frames"][-1]["locals"] == {"found": "[1, 2]"}
    assert found["test_shop.py::test_setup"]["metadata"]["phase"] == "setup"
    assert found["test_shop.py::test_teardown"]["metadata"]["phase"] == "teardown"


def test_workers_of_xdist_report_together(project) -> None:
    pytest.importorskip("xdist")

    result = run(project, "-n", "2", "--callbox-failures=report.json")

    result.stdout.fnmatch_lines(
        ["*callbox: where it failed*", "*callbox: last calls*", "5 kept in *failures.db: callbox failures list"]
    )
    report = json.loads((project.path / "report.json").read_text())
    assert len(report["failures"]) == 5
    assert len({failure["metadata"]["run"] for failure in report["failures"]}) == 1


def test_without_the_option_nothing_is_written(project) -> None:
    result = run(project)

    assert not (project.path / ".callbox").exists()
    result.stdout.no_fnmatch_line("*callbox: where it failed*")


def test_production_mode_records_no_calls(project, monkeypatch) -> None:
    monkeypatch.setenv("FAILEXTRACT_MODE", "production")

    result = run(project, "--callbox-failures")

    result.stdout.fnmatch_lines(["*callbox: where it failed*"])
    result.stdout.no_fnmatch_line("*callbox: last calls*")


def test_path_of_tests_is_not_taken_for_a_report(project) -> None:
    result = run(project, "--callbox-failures", "test_shop.py")

    assert result.ret == 4
    says = "*report 'test_shop.py': its name must end in one of .json, *paths of tests go before*"
    result.stderr.fnmatch_lines([says])


def test_last_calls_of_a_failure_are_its_own_tests(project) -> None:
    project.makepyfile(
        asked="def one(n):\n    return n\n\ndef two(n):\n    return 1 / n\n",
        test_asked="import asked\n\ndef test_one():\n    asked.one(1)\n\ndef test_two():\n    asked.two(0)\n",
    )

    output = run(project, "test_asked.py", "--callbox-failures").stdout.str()

    last = output.partition("callbox: last calls")[2]
    assert "two(n=0)" in last
    assert "one(n=1)" not in last
