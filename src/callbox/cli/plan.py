"""The plan of a flight: what `callbox run` hands to the interpreter that it becomes.

`callbox run` replaces itself by `python PROGRAM`. The interpreter then starts the
program alone, as ever: no frame of callbox lies beneath it, and of the command
line nothing is left in its process. Two environment variables carry callbox
across, a `sitecustomize` on PYTHONPATH and the plan; before the program's first
instruction both are gone from `os.environ`, as if they had never been.

They stay in the environment that the system hands to a new process where the
program names none: so Python processes that it starts are let in the same way.
"""

# pathlib would be one more module in the process of the program.
# ruff: noqa: PTH100, PTH118, PTH120

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from callbox.engine import Options
from callbox.errors import ProgramError
from callbox.secrets import RedactRules

if TYPE_CHECKING:
    from callbox.cli.program import Program

VARIABLE = "_CALLBOX_PLAN"
"""Read by `boot/sitecustomize.py`."""

_HERE = os.path.dirname(os.path.abspath(__file__))
BOOT_FOLDER = os.path.join(_HERE, "boot")
PACKAGE_PARENT = os.path.dirname(os.path.dirname(_HERE))


@dataclass(frozen=True, slots=True)
class FlightPlan:
    """What to record, and where to put it.

    Attributes:
        options: options of the recording.
        output: the box as the user named it.
        path: its absolute path.
        command: the program as the user wrote it.
        is_quiet: print warnings and errors only.
        folder: where all processes of the recording keep their rings; None: in memory, of the program alone.
        since_ns: the monotonic clock before any of them began.
        owner: process id of the program, which writes the box; 0 until it begins.
        notes: what a reader of the recording must know.
        commit: of git, in the folder that the program was started in.
    """

    options: Options
    output: str
    path: str
    command: tuple[str, ...]
    is_quiet: bool = False
    folder: str | None = None
    since_ns: int = 0
    owner: int = 0
    notes: tuple[str, ...] = ()
    commit: str = ""

    def to_environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment that carries this plan into a new interpreter."""
        return {**environ, **self._variables(environ.get("PYTHONPATH"))}

    def follow_children(self) -> None:
        """Let in the Python processes that inherit this one's environment; `os.environ` does not show how."""
        for name, value in self._variables(os.environ.get("PYTHONPATH")).items():
            os.putenv(name, value)

    def _variables(self, before: str | None) -> dict[str, str]:
        cargo = {"python_path": before, "package_parent": PACKAGE_PARENT, "plan": dataclasses.asdict(self)}
        folders = os.pathsep.join((BOOT_FOLDER, before)) if before else BOOT_FOLDER
        return {"PYTHONPATH": folders, VARIABLE: json.dumps(cargo)}

    @classmethod
    def from_cargo(cls, plan: Mapping[str, Any]) -> FlightPlan:
        """Read the plan that `to_environment` packed."""
        options = {
            **plan["options"],
            "filters": tuple(plan["options"]["filters"]),
            "redact": RedactRules.from_plain(plan["options"]["redact"]),
        }
        tuples = {name: tuple(plan[name]) for name in ("command", "notes")}
        return cls(**{**plan, **tuples, "options": Options(**options)})


class Plan(Protocol):
    """What carries a plan of any kind across."""

    def to_environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment that carries this plan into a new interpreter."""


def launch(program: Program, plan: Plan) -> int:
    """Become the program: same process, terminal, files and signals.

    Returns:
        The program's exit code, on Windows, which cannot replace a process; elsewhere it does not return.

    Raises:
        ProgramError: the interpreter cannot be executed.
    """
    environ = plan.to_environment(os.environ)
    try:
        if sys.platform == "win32":
            import subprocess

            return subprocess.run(program.words, executable=program.executable, env=environ, check=False).returncode
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(program.executable, program.words, environ)
    except OSError as error:
        raise ProgramError(f"cannot execute {program.executable}: {error.strerror}") from error
