"""Who is let into the Python processes that this one starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from callbox import boarding

SHOW = "import os; print(os.environ.get('PYTHONPATH'), '_CALLBOX_PLAN' in os.environ)"


@pytest.fixture(autouse=True)
def nobody() -> Iterator[None]:
    yield
    boarding.keep_out("a")
    boarding.keep_out("b")


def seen_by_children() -> str:
    """Return what a process is handed; isolated, so that it is not let in."""
    return subprocess.run([sys.executable, "-I", "-c", SHOW], capture_output=True, text=True, check=True).stdout


def test_variables_name_all_who_are_let_in_the_new_one_first() -> None:
    boarding.let_in("a", {"owner": 7})

    found = boarding.variables("/x", {"b": {"owner": 0}})

    cargo = json.loads(found[boarding.VARIABLE])
    assert found["PYTHONPATH"] == f"{boarding.BOOT_FOLDER}{os.pathsep}/x"
    assert cargo["passengers"] == [["b", {"owner": 0}], ["a", {"owner": 7}]]
    assert cargo["python_path"] == "/x"


def test_environment_is_as_before_when_the_last_one_is_kept_out(monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/x")
    boarding.let_in("a", {"owner": 7})
    boarding.let_in("b", {"owner": 7})
    boarding.keep_out("a")
    with_one = seen_by_children()
    boarding.keep_out("b")

    assert with_one == f"{boarding.BOOT_FOLDER}{os.pathsep}/x True\n"
    assert seen_by_children() == "/x False\n"


def test_renewal_puts_back_what_the_program_took_away(monkeypatch) -> None:
    boarding.let_in("a", {"owner": 7})
    monkeypatch.setenv("PYTHONPATH", "/y")
    boarding.renew()

    assert seen_by_children() == f"{boarding.BOOT_FOLDER}{os.pathsep}/y True\n"


def test_nobody_to_let_in_changes_nothing(monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/y")

    boarding.renew()

    assert seen_by_children() == "/y False\n"


def test_python_that_cannot_load_what_would_board_it_runs_as_ever() -> None:
    variables = boarding.variables(None, {"callbox.no_such_module": {"owner": os.getpid()}})

    ran = subprocess.run([sys.executable, "-c", SHOW], env=variables, capture_output=True, text=True, check=True)

    assert (ran.stdout, ran.stderr) == ("None False\n", "")
