"""What stands under a failing test leads to everything that was kept of it, by commands that can be pasted."""

from __future__ import annotations

import json
import re
import shlex
import sys

import pytest

ALL = ("--callbox=trace", "--callbox-telemetry", "--telemetry-output=records.txt", "--callbox-failures")
TESTS = """
    import shop

    def test_passes():
        assert shop.total(["pear"]) == 4

    def test_no_item():
        assert shop.total(["fig", ""]) == 3
"""
CALLS = [
    "test_no_item() ✗ ValueError('no item')",
    "└─ total(items=['fig', '']) ✗ ValueError('no item')",
    "├─ price(item='fig') → 3",
    "└─ price(item='') ✗ ValueError('no item')",
]


@pytest.fixture
def paste(project, monkeypatch):
    """Run a command as a person pastes it, in the folder of the project; return its exit code and what it prints."""
    project.makepyprojecttoml("")

    def run_pasted(command):
        program, *words = shlex.split(command)
        result = project.run(sys.executable, "-m", program, *words)
        # Without times, which stand in front of calls.
        return result.ret, [re.sub(r"^ *[\d.]+ [mµn]s|^ +", "", line).strip() for line in result.outlines]

    return run_pasted


def links_of(result) -> dict[str, str]:
    """Return the commands of the only section with links, by what they show."""
    [section] = re.findall(r"^-+ callbox: look closer -+\n(.*?)\n[-=]", result.stdout.str(), re.MULTILINE | re.DOTALL)
    return dict(re.split(r"  +", line, maxsplit=1) for line in section.splitlines())


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_links_lead_to_calls_record_failure_and_reproducer(project, run, paste, workers) -> None:
    project.makepyfile(test_shop=TESTS)

    links = links_of(run(*ALL, *workers))

    assert list(links) == ["its calls", "its failure", "its reproducer", "its record"]
    assert paste(links["its calls"]) == (0, CALLS)
    code, failure = paste(links["its failure"])
    assert (code, failure[0]) == (0, "test_shop.py::test_no_item  ValueError: no item")
    code, reproducer = paste(links["its reproducer"])
    assert (code, reproducer[-1]) == (0, "it fails as the failure did: ValueError: no item")
    code, record = paste(links["its record"])
    assert (code, record[0].partition(" of ")[0]) == (0, "test_shop.py::test_no_item  failed in run 1")
    assert record[-1] == "the last runs: failed"


def test_queries_of_callbox_itself_are_none_of_the_test(project, run) -> None:
    project.makepyfile(test_shop=TESTS)

    run(*ALL)

    lines = (project.path / "records.txt").read_text().splitlines()
    records = [json.loads(line.partition(":")[2]) for line in lines if line.startswith("TEST_RESULT:")]
    assert [(each["status"], each["database_queries"]["count"]) for each in records] == [("passed", 0), ("failed", 0)]


def test_only_what_is_kept_is_linked(project, run) -> None:
    project.makepyfile(test_shop=TESTS)

    assert list(links_of(run("--callbox-failures"))) == ["its failure", "its reproducer"]
    assert list(links_of(run("--callbox"))) == ["its calls"]
    assert list(links_of(run("--callbox-telemetry"))) == ["its record"]


def test_calls_of_a_test_that_is_not_recorded_are_those_of_its_box(project, run, paste) -> None:
    project.makepyfile(test_shop=TESTS)

    links = links_of(run("--callbox", "--callbox-include", "shop"))

    assert links == {"its calls": "callbox show .callbox/tests.cbx"}
    assert paste(links["its calls"])[0] == 0
