"""The plan of a flight: what `callbox run` hands to the interpreter that it becomes, and to processes from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from callbox.cli.plan import Plan
from callbox.engine import Options
from callbox.secrets import RedactRules


@dataclass(frozen=True, slots=True)
class FlightPlan(Plan):
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

    BOARD: ClassVar[str] = "callbox.cli.flight"

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
