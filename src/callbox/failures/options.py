"""How much of a failure is captured, and how a mode sets that."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callbox.engine.options import resolve_mode as resolve_mode  # noqa: PLC0414  (others here ask for it here)
from callbox.errors import ConfigError
from callbox.values.freeze import FreezeLimits

VARIABLES = ("FAILEXTRACT_MODE", "CALLBOX_MODE")
"""Environment variables that name a mode or an environment; the first that is set counts."""

MAX_FRAMES = 50
MAX_LOCALS = 40
MAX_DESCRIBED_CHARS = 400
"""Characters that one value is written in."""


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """How much of a failure is captured.

    Attributes:
        include_locals: what the variables of each frame held.
        include_fixtures: what a test was given.
        max_depth: containers inside one another that are looked into.
        skip_stdlib: leave out frames of the standard library.
        extract_classes: sources of the classes whose methods are in the traceback.
        code_context_lines: source lines before and after the line that was running.
        enhanced_context: sources of the functions in the traceback, beside lines around each place.
        include_line_numbers: number source lines in reports.
        max_code_lines: lines of one function's or class's source.
        reproduce: write the call that would fail again, for `callbox failures test`.
    """

    include_locals: bool = False
    include_fixtures: bool = True
    max_depth: int = 10
    skip_stdlib: bool = True
    extract_classes: bool = True
    code_context_lines: int = 5
    enhanced_context: bool = True
    include_line_numbers: bool = True
    max_code_lines: int = 100
    reproduce: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for name in ("max_depth", "code_context_lines", "max_code_lines"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise ConfigError(f"{name} is {value!r}: it must be a whole number, 0 or more")

    @property
    def limits(self) -> FreezeLimits:
        """How much of each value is kept."""
        return FreezeLimits(max_depth=self.max_depth)


def find_mode(environ: Mapping[str, str] | None = None) -> str | None:
    """Return the mode that the environment asks for: "static", "profile" or "trace"; None if it asks for none.

    Raises:
        ConfigError: it names a mode that there is not.
    """
    environ = os.environ if environ is None else environ
    for variable in VARIABLES:
        value = environ.get(variable)
        if value:
            return resolve_mode(value, variable)
    return None


def options_of(mode: str | None, chosen: Mapping[str, Any]) -> CaptureOptions:
    """Return what a mode captures, with what was chosen by name in its place."""
    unknown = set(chosen) - {f.name for f in dataclasses.fields(CaptureOptions)}
    if unknown:
        raise ConfigError(f"there is no option {sorted(unknown)[0]!r} of captures")
    return CaptureOptions(**{**_OF_MODES.get(mode or "", {}), **chosen})


_OF_MODES: dict[str, dict[str, Any]] = {
    "static": {"include_fixtures": False, "max_depth": 3, "extract_classes": False},
    "profile": {"include_locals": True, "include_fixtures": False, "max_depth": 8},
    "trace": {"include_locals": True, "max_depth": 20, "skip_stdlib": False, "reproduce": True},
}
"""What differs from the defaults. Source: the three configurations of the guide that users come from."""
