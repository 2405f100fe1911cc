"""Programs whose functions are all watched run as they run bare, by the record of an engine with a hook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.needs import skip_without_modules

HERE = Path(__file__).parent

OWN_RECORDING = {"partial", "children"}
"""Programs that start and stop the recorder themselves, or need to be found by the name of their file."""

PROGRAMS = [path.stem for path in sorted((HERE / "programs").glob("*.py")) if path.stem not in OWN_RECORDING]


def record(engine: str, program: str, out: Path, kind: str) -> dict[str, Any]:
    command = [sys.executable, HERE / "run_watched.py", engine, HERE / "programs" / f"{program}.py", out, kind]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if result.returncode != 0:
        pytest.fail(f"{program}, {kind}, ended with {result.returncode}:\n{result.stderr}")
    recorded: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return recorded


@pytest.mark.parametrize("program", PROGRAMS)
def test_watched_program_runs_as_it_runs_bare(program, hookless_engine, tmp_path) -> None:
    skip_without_modules(HERE / "programs" / f"{program}.py")
    bare = record(hookless_engine, program, tmp_path / "bare.json", "bare")
    watched = record(hookless_engine, program, tmp_path / "watched.json", "watched")

    assert watched.pop("n_told") > bare.pop("n_told")
    assert watched == bare
