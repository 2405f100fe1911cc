"""What a recording is asked to do, checked once."""

from __future__ import annotations

from dataclasses import dataclass, field

from callbox.errors import ConfigError
from callbox.secrets import RedactRules

MODES = ("static", "profile", "trace")
ENVIRONMENTS = {"production": "static", "ci": "profile", "development": "trace"}
"""Names of environments, which stand for modes wherever one is asked for."""
MAX_EVENTS_LIMIT = 1 << 32
MAX_BUDGET = 100.0


def resolve_mode(name: str, place: str = "mode") -> str:
    """Return the mode of a name, which may be that of an environment.

    Args:
        name: as it was written.
        place: where, for the message.

    Raises:
        ConfigError: there is none of this name.
    """
    mode = ENVIRONMENTS.get(name.lower(), name.lower())
    if mode not in MODES:
        raise ConfigError(f"{place} is {name!r}: use one of {', '.join((*ENVIRONMENTS, *MODES))}")
    return mode


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one recording.

    Attributes:
        engine: "auto" or an engine's name.
        mode: "static" records nothing, "profile" calls and times, "trace" also values.
        filters: globs on module names; `!` negates, the last match wins, none selects all.
        all_values: freeze every value, however much of the time that takes.
        redact: what is a secret, which no value that is recorded may hold.
        max_events: capacity of each thread's ring in slots of 8 bytes; rounded up to a power of two.
        max_depth: deepest level of selected calls to record, 1 for roots only; None for all.
        c_calls: record calls of C functions made by selected Python code.
        memory: count bytes and blocks allocated.
        spill: where rings are in files, wait for a collector to take what they hold rather than overwrite it.
        overhead_budget: what recording may cost at most, as a share of the program's own time: above it less is
            recorded, step by step; None for no limit.
    """

    engine: str = "auto"
    mode: str = "profile"
    filters: tuple[str, ...] = ()
    all_values: bool = field(default=False, kw_only=True)
    redact: RedactRules = field(default_factory=RedactRules, kw_only=True)
    max_events: int = 1 << 20
    max_depth: int | None = None
    c_calls: bool = False
    memory: bool = False
    spill: bool = False
    overhead_budget: float | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigError(f"unknown mode {self.mode!r}: choose one of {', '.join(MODES)}")
        for pattern in self.filters:
            if not isinstance(pattern, str) or not pattern.lstrip("!").strip():
                raise ConfigError(f"filter {pattern!r} is no module pattern: write one like 'myapp.*' or '!numpy.*'")
        if not 1 <= self.max_events <= MAX_EVENTS_LIMIT:
            raise ConfigError(f"max_events={self.max_events}: must lie between 1 and {MAX_EVENTS_LIMIT}")
        if self.max_depth is not None and self.max_depth < 1:
            raise ConfigError(f"max_depth={self.max_depth}: must be 1 or more, or None for no limit")
        if self.overhead_budget is not None and not 0 < self.overhead_budget <= MAX_BUDGET:
            raise ConfigError(
                f"overhead_budget={self.overhead_budget}: must be above 0, like 0.05 for a twentieth of the program's "
                f"own time, and at most {MAX_BUDGET}, or None for no limit"
            )
