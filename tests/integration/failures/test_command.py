"""`callbox failures`: what one process captured, another reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
from callbox import extract_on_failure

@extract_on_failure(include_locals=True)
def divide(n, by, password="hunter2-not-shown"):
    return n / by

for by in (0, 1, 0):
    try:
        divide(7, by)
    except ZeroDivisionError:
        pass

@extract_on_failure
def look_up():
    return {}["absent"]

try:
    look_up()
except KeyError:
    pass
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "program.py").write_text(PROGRAM)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CALLBOX", "FAILEXTRACT"))}
    environ["FAILEXTRACT_MODE"] = "development"
    subprocess.run([sys.executable, "program.py"], cwd=tmp_path, env=environ, check=True, timeout=60)
    return tmp_path


def failures(project, *arguments, code=0) -> str:
    command = [sys.executable, "-m", "callbox", "failures", *arguments]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert result.returncode == code, result.stderr
    return result.stdout + result.stderr


def test_kinds_are_listed_shown_and_counted(project) -> None:
    kinds = json.loads(failures(project, "list", "--json"))
    shown = failures(project, "show", kinds[1]["fingerprint"][:6])

    assert [(kind["summary"], kind["n"]) for kind in kinds] == [
        ("KeyError: 'absent'", 1),
        ("ZeroDivisionError: division by zero", 2),
    ]
    assert ">    6      return n / by" in shown
    assert "by = 0" in shown
    assert "divide(n=7, by=1, password=[redacted: key password]) → 7.0" in shown
    assert "hunter2-not-shown" not in shown
    assert "failures                3" in failures(project, "stats")
    assert "callbox_failures 3" in failures(project, "stats", "--prometheus")


def test_analysis_tells_what_only_failing_calls_were_given(project) -> None:
    found = json.loads(failures(project, "analyze", "--json"))

    assert found[0]["group"]["n"] == 2
    assert found[0]["only_failing"] == {"by": "0"}
    assert "never so in 1 passed calls:\n    by = 0" in failures(project, "analyze")


@pytest.mark.parametrize("form", ["json", "md", "yaml", "xml", "csv", "html"])
def test_report_is_written_in_every_format(project, form) -> None:
    said = failures(project, "report", "--format", form, "--max-failures", "2", "--output", "ci")

    assert said == "wrote ci: 2 failures\n"
    assert "absent" in (project / "ci").read_text()
    assert "hunter2-not-shown" not in (project / "ci").read_text()


def test_report_is_added_to_one_that_is_there(project) -> None:
    failures(project, "report", "-o", "all.json")
    failures(project, "report", "-o", "all.json", "--append", "--max-failures", "1")

    assert len(json.loads((project / "all.json").read_text())["failures"]) == 4
    assert "name it with --output" in failures(project, "report", "--append", code=2)


def test_clear_wants_to_be_confirmed(project) -> None:
    assert "say --confirm" in failures(project, "clear", code=2)
    assert failures(project, "clear", "--confirm") == "forgot 3 failures\n"
    assert "no failures in" in failures(project, "list", code=3)


def test_failure_that_is_not_there_is_nothing_found(project) -> None:
    assert "callbox failures list" in failures(project, "show", "zzz", code=3)


def test_features_are_listed(tmp_path) -> None:
    assert "production" in failures(tmp_path, "features")


def test_store_can_be_named_in_the_configuration(project, tmp_path) -> None:
    (project / "callbox.toml").write_text('[failures]\nstore = "elsewhere.db"\n')

    assert "elsewhere.db" in failures(project, "list", code=3)


REPRODUCIBLE = """
from callbox import extract_on_failure
import rates

@extract_on_failure
def main():
    rates.rate({"kind": "half"})

try:
    main()
except KeyError:
    pass
"""


@pytest.mark.parametrize("file", ["test_rate.py", "tests/test_rate.py"])
def test_failure_becomes_a_test_that_fails_alike_until_it_is_mended(project, file) -> None:
    (project / "tests").mkdir()
    (project / "rates.py").write_text("def rate(order):\n    return {'full': 0.19}[order['kind']]\n")
    (project / "program.py").write_text(REPRODUCIBLE)
    environ = {**os.environ, "FAILEXTRACT_MODE": "development"}
    subprocess.run([sys.executable, "program.py"], cwd=project, env=environ, check=True, timeout=60)
    kind = json.loads(failures(project, "list", "--json"))[0]["fingerprint"]

    said = failures(project, "test", kind, "-o", file)

    assert said == f"wrote {file}\nit fails as the failure did: KeyError: 'half'\n"
    assert 'rate(order={"kind": "half"})' in (project / file).read_text()
    (project / "rates.py").write_text("def rate(order):\n    return 0.07\n")
    assert "it passes" in failures(project, "test", kind, "-o", file, code=2)
    (project / "rates.py").unlink()
    assert "it fails otherwise: ModuleNotFoundError: No module named 'rates'" in failures(
        project, "test", kind, "-o", file, code=2
    )


def test_failure_that_cannot_be_made_again_says_why(project) -> None:
    kind = json.loads(failures(project, "list", "--json"))[0]["fingerprint"]

    assert "main file" in failures(project, "test", kind, code=2)
