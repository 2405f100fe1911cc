"""What telemetry collects and where it goes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from callbox.errors import ConfigError

NETWORK_MODES = ("block", "record", "off")
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
    """

    output: str = "-"
    network: str = "block"
    allowed_hosts: tuple[str, ...] = ()
    slow_ms: float = 1000.0
    very_slow_ms: float = 5000.0
    moderate_queries: int = 50
    high_queries: int = 100
    coverage: bool = False

    def __post_init__(self) -> None:
        if self.network not in NETWORK_MODES:
            raise ConfigError(f"telemetry network={self.network!r}: choose one of {', '.join(NETWORK_MODES)}")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> TelemetrySettings:
        """Read `CALLBOX_TELEMETRY_OUTPUT`, `_NETWORK`, `_ALLOWED_HOSTS` (by commas) and `_COVERAGE`."""
        settings = cls()
        if output := environ.get(f"{_PREFIX}OUTPUT"):
            settings = replace(settings, output=output)
        if network := environ.get(f"{_PREFIX}NETWORK"):
            settings = replace(settings, network=network)
        if hosts := environ.get(f"{_PREFIX}ALLOWED_HOSTS"):
            settings = replace(settings, allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()))
        if environ.get(f"{_PREFIX}COVERAGE", "").lower() in ("1", "true", "yes"):
            settings = replace(settings, coverage=True)
        return settings
