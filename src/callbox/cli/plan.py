"""What `callbox run` and `callbox record` hand to the interpreter that they become.

Such a command replaces itself by `python PROGRAM`. The interpreter then starts the
program alone, as ever: no frame of callbox lies beneath it, and of the command
line nothing is left in its process. Two environment variables carry callbox
across, a `sitecustomize` on PYTHONPATH and the plan; before the program's first
instruction both are gone from `os.environ`, as if they had never been.

They stay in the environment that the system hands to a new process where the
program names none: so Python processes that it starts are let in the same way.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from callbox import boarding
from callbox.errors import ProgramError, reason

if TYPE_CHECKING:
    from callbox.cli.program import Program


@dataclass(frozen=True, slots=True)
class Plan:
    """What the interpreter is to do before the program begins; fields of its kinds hold what JSON can."""

    BOARD: ClassVar[str]
    """The module whose `board` takes the plan."""

    def to_environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment that carries this plan into a new interpreter."""
        return {**environ, **boarding.variables(environ.get("PYTHONPATH"), {self.BOARD: dataclasses.asdict(self)})}

    def follow_children(self) -> None:
        """Let in the Python processes that inherit this one's environment; `os.environ` does not show how."""
        boarding.let_in(self.BOARD, dataclasses.asdict(self))


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
        raise ProgramError(f"cannot execute {program.executable}: {reason(error)}") from error
