"""The plan of `callbox record`: what it hands to the interpreter that it becomes, and to processes from there."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callbox.cli.plan import BOOT_FOLDER, PACKAGE_PARENT, VARIABLE

BOARD = "callbox.cli.recording"
"""The module whose `board` takes this plan."""


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """Which calls to record, and where to put them.

    Attributes:
        targets: names and globs of functions.
        storage_dir: the folder as the user named it.
        folder: its absolute path.
        script: file of the program's main module; None for `-m` and `-c`.
        limit: different calls to keep of each function; 0 for all.
        is_nested: record calls inside calls of the same function too.
        mock: names and globs of functions whose calls are kept with the recorded calls that make them.
        format: "exact", or that of the files to write, one for each call.
        is_quiet: print warnings and errors only.
        owner: process id of the program, which reports; 0 until it begins.
    """

    targets: tuple[str, ...]
    storage_dir: str
    folder: str
    script: str | None = None
    limit: int = 10
    is_nested: bool = False
    mock: tuple[str, ...] = ()
    format: str = "exact"
    is_quiet: bool = False
    owner: int = 0

    def to_environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment that carries this plan into a new interpreter."""
        return {**environ, **self._variables(environ.get("PYTHONPATH"))}

    def follow_children(self) -> None:
        """Let in the Python processes that inherit this one's environment; `os.environ` does not show how."""
        for name, value in self._variables(os.environ.get("PYTHONPATH")).items():
            os.putenv(name, value)

    def _variables(self, before: str | None) -> dict[str, str]:
        plan = dataclasses.asdict(self)
        cargo = {"python_path": before, "package_parent": PACKAGE_PARENT, "board": BOARD, "plan": plan}
        folders = os.pathsep.join((BOOT_FOLDER, before)) if before else BOOT_FOLDER
        return {"PYTHONPATH": folders, VARIABLE: json.dumps(cargo)}

    @classmethod
    def from_cargo(cls, plan: Mapping[str, Any]) -> RecordingPlan:
        """Read the plan that `to_environment` packed."""
        return cls(**{**plan, "targets": tuple(plan["targets"]), "mock": tuple(plan["mock"])})
