"""The engine "wrap" sees of wrapped functions what an engine with a hook sees of them in the same run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.needs import skip_without_modules

HERE = Path(__file__).parent

BEFORE = "generators made before the recording are not stood in for"
CLOSED = "the frame of a generator that is closed is gone before the wrapper can look at its variables"
LOCALS = "the locals of a function die before the call of its wrapper ends"
DELEGATED = "a throw that `yield from` or `await` passes on is seen on its way in, whether or not the frame goes on"
SWITCHES = "a wrapper is left by the greenlet that entered it: switches in between are a hook's to see"
DIVERGENT = {
    "asyncio_gather": DELEGATED,
    "coroutines": DELEGATED,
    "delegated_throws": DELEGATED,
    "delegated_to_objects": DELEGATED,
    "task_groups": DELEGATED,
    "yield_from": DELEGATED,
    "profiled_generators": DELEGATED,
    "greenlets": SWITCHES,
    "finalizers": LOCALS,
    "generators": LOCALS,
    "generators_before": BEFORE,
    "threads_before": BEFORE,
}
"""Programs on which a wrapper cannot see what a hook sees."""

DIVERGENT_VALUES = {"async_generators": CLOSED}
"""The same, of values alone."""

OWN_RECORDING = {"partial", "children"}
"""Programs that start and stop the recorder themselves, or need to be found by the name of their file."""

PROGRAMS = [
    path.stem for path in sorted((HERE / "programs").glob("*.py")) if path.stem not in {*DIVERGENT, *OWN_RECORDING}
]


UNTOLD = {"setprofile": ["exception", "sent"]}
"""Values that an engine is not told."""


UNTOLD_HERE = ["sent"] if (3, 12) <= sys.version_info < (3, 14) else []
"""Where a frame's stack ends cannot be told on 3.12 and 3.13."""


def told(recorded: dict[str, Any], untold: list[str]) -> list[dict[str, str]]:
    """Return the values, without those that an engine is not told; one exception may be made twice.

    From 3.13 on a profile function is told the same of a frame thrown into as of one that goes on.
    """
    return [
        {
            **{name: text for name, text in event.items() if name not in untold},
            "event": event["event"].replace("THROW ", "RESUME "),
            "exception": re.sub(r"identity=\d+", "", event["exception"]) * ("exception" not in untold),
        }
        for event in recorded["values"]
    ]


def record(engine: str, program: str, out: Path, mode: str = "profile") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the engine with a hook and what the engine "wrap" recorded."""
    skip_without_modules(HERE / "programs" / f"{program}.py")
    command = [sys.executable, HERE / "run_wrapped.py", engine, HERE / "programs" / f"{program}.py", out, mode]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if result.returncode != 0:
        pytest.fail(f"{program}, wrapped, beside {engine} ended with {result.returncode}:\n{result.stderr}")
    hooked, wrapped = json.loads(out.read_text(encoding="utf-8"))
    return hooked, wrapped


@pytest.mark.parametrize("program", PROGRAMS)
def test_wrapped_program_is_recorded_as_a_hook_records_it(program, hookless_engine, tmp_path) -> None:
    hooked, wrapped = record(hookless_engine, program, tmp_path / "out.json")

    assert wrapped == hooked
    assert wrapped["main"] or wrapped["others"]


@pytest.mark.parametrize("program", [program for program in PROGRAMS if program not in DIVERGENT_VALUES])
def test_wrapped_program_has_the_values_that_the_reference_engine_records(program, tmp_path) -> None:
    hooked, wrapped = record("setprofile", program, tmp_path / "out.json", "trace")

    assert told(wrapped, UNTOLD["setprofile"]) == told(hooked, UNTOLD["setprofile"])
    assert wrapped["values"] or wrapped["others"]


@pytest.mark.parametrize("program", ["arguments", "exceptions", "generator_throws", "context_managers"])
def test_wrapped_program_has_the_exceptions_and_sent_values_that_a_hook_records(
    program, hookless_engine, tmp_path
) -> None:
    hooked, wrapped = record(hookless_engine, program, tmp_path / "out.json", "trace")

    assert told(wrapped, UNTOLD_HERE) == told(hooked, UNTOLD_HERE)
    assert wrapped["values"]


@pytest.mark.parametrize("program", DIVERGENT)
def test_wrapped_program_runs_as_ever(program, hookless_engine, tmp_path) -> None:
    hooked, wrapped = record(hookless_engine, program, tmp_path / "out.json")

    assert {step.partition(" ")[2].partition("#")[0] for step in wrapped["main"]} <= {
        step.partition(" ")[2].partition("#")[0] for step in hooked["main"]
    }
