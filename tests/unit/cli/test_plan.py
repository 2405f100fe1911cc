"""The plan that crosses into the interpreter of the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from callbox import boarding
from callbox.boarding import BOOT_FOLDER, VARIABLE
from callbox.cli.flight_plan import FlightPlan
from callbox.cli.plan import launch
from callbox.cli.program import Program
from callbox.engine import Options
from callbox.errors import ProgramError

PLAN = FlightPlan(
    Options(engine="setprofile", filters=("a.*", "!a.b"), max_events=99, max_depth=3, c_calls=True, memory=True),
    output="ü.cbx",
    path="/tmp/ü.cbx",
    command=("script.py", "--", "\udcff", "line\nbreak"),
    is_quiet=True,
    folder="/tmp/ü.cbx.parts",
    since_ns=1 << 60,
    owner=7,
    notes=("no room",),
)


def test_plan_survives_the_crossing() -> None:
    environ = PLAN.to_environment({})

    [[board, plan]] = json.loads(environ[VARIABLE])["passengers"]
    assert (board, FlightPlan.from_cargo(plan)) == ("callbox.cli.flight", PLAN)


@pytest.mark.parametrize(
    ("before", "python_path"),
    [
        ({}, BOOT_FOLDER),
        ({"PYTHONPATH": ""}, BOOT_FOLDER),
        ({"PYTHONPATH": "/a"}, f"{BOOT_FOLDER}{os.pathsep}/a"),
    ],
)
def test_environment_is_that_of_before_with_two_variables_more(before, python_path) -> None:
    environ = PLAN.to_environment({"HOME": "/h", **before})

    assert environ.keys() == {"HOME", "PYTHONPATH", VARIABLE}
    assert environ["PYTHONPATH"] == python_path
    assert json.loads(environ[VARIABLE])["python_path"] == before.get("PYTHONPATH")


def test_children_inherit_what_the_program_does_not_see(monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/a")
    before = dict(os.environ)
    show = "import os; print(os.environ['PYTHONPATH'], '_CALLBOX_PLAN' in os.environ)"

    try:
        PLAN.follow_children()
        inherited = subprocess.run([sys.executable, "-I", "-c", show], capture_output=True, text=True, check=True)
    finally:
        boarding.keep_out(PLAN.BOARD)

    assert inherited.stdout == f"{BOOT_FOLDER}{os.pathsep}/a True\n"
    assert dict(os.environ) == before


def test_interpreter_that_cannot_be_executed_is_an_error(tmp_path) -> None:
    with pytest.raises(ProgramError, match=f"cannot execute {tmp_path / 'none'}: No such file or directory"):
        launch(Program(str(tmp_path / "none"), ("none",)), PLAN)
