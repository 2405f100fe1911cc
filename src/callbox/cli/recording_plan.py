"""The plan of `callbox record`: what it hands to the interpreter that it becomes, and to processes from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from callbox.cli.plan import Plan


@dataclass(frozen=True, slots=True)
class RecordingPlan(Plan):
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

    BOARD: ClassVar[str] = "callbox.cli.recording"

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

    @classmethod
    def from_cargo(cls, plan: Mapping[str, Any]) -> RecordingPlan:
        """Read the plan that `to_environment` packed."""
        return cls(**{**plan, "targets": tuple(plan["targets"]), "mock": tuple(plan["mock"])})
