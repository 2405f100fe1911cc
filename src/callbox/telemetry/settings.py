"""What telemetry collects and where it goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from callbox.errors import ConfigError
from callbox.telemetry.budgets import Budget

NETWORK_MODES = ("block", "record", "off")
N = TypeVar("N", int, float)
_PREFIX = "CALLBOX_TELEMETRY_"


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Settings of one run.

    Attributes:
        output: "-" for standard output, or a file to append lines to.
        network: "block" connections to other machines, only "record" them, or "off".
        allowed_hosts: names and addresses that may be reached besides this machine.
        slow_ms, very_slow_ms: durations from which a test is flagged.
        moderate_queries, high_queries: numbers of queries from which a test is flagged.
        coverage: measure lines, if coverage is installed.
        store: the database that keeps each run; "" for that of the project, "off" for none.
        budget: what each test may cost.
    """

    output: str = "-"
    network: str = "block"
    allowed_hosts: tuple[str, ...] = ()
    slow_ms: float = 1000.0
    very_slow_ms: float = 5000.0
    moderate_queries: int = 50
    high_queries: int = 100
    coverage: bool = False
    store: str = ""
    budget: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        if self.network not in NETWORK_MODES:
            raise ConfigError(f"telemetry network={self.network!r}: choose one of {', '.join(NETWORK_MODES)}")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> TelemetrySettings:
        """Read the variables `CALLBOX_TELEMETRY_...`: `OUTPUT`, `NETWORK`, `ALLOWED_HOSTS` (by commas) and so on.

        Raises:
            ConfigError: a value is none of those that are possible.
        """
        settings = cls()
        if output := environ.get(f"{_PREFIX}OUTPUT"):
            settings = replace(settings, output=output)
        if store := environ.get(f"{_PREFIX}STORE"):
            settings = replace(settings, store=store)
        if network := environ.get(f"{_PREFIX}NETWORK"):
            settings = replace(settings, network=network)
        if hosts := environ.get(f"{_PREFIX}ALLOWED_HOSTS"):
            settings = replace(settings, allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()))
        if environ.get(f"{_PREFIX}COVERAGE", "").lower() in ("1", "true", "yes"):
            settings = replace(settings, coverage=True)
        return replace(settings, budget=_budget_from(environ))


def _budget_from(environ: Mapping[str, str]) -> Budget:
    return Budget(
        max_queries=parse_limit(f"{_PREFIX}MAX_QUERIES", environ.get(f"{_PREFIX}MAX_QUERIES", ""), int),
        max_duration_ms=parse_limit(f"{_PREFIX}MAX_DURATION_MS", environ.get(f"{_PREFIX}MAX_DURATION_MS", ""), float),
    )


def parse_limit(name: str, text: str, kind: Callable[[str], N]) -> N | None:
    """Read a limit; "" is none.

    Raises:
        ConfigError: it is no number, or below 0.
    """
    if not text:
        return None
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not value >= 0:
        raise ConfigError(f"{name}={text!r}: give a number of 0 or more")
    return value
