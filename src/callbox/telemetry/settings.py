"""What telemetry collects and where it goes."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from callbox.config import TELEMETRY, load_settings
from callbox.errors import ConfigError
from callbox.folders import working_folder
from callbox.telemetry.budgets import Budget

NETWORK_MODES = ("block", "record", "off")
N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Settings of one run.

    Attributes:
        output: "-" for standard output, or a file to append lines to.
        network: "block" connections to other machines, only "record" them, or "off".
        allowed_hosts: names, addresses and networks that may be reached besides this machine.
        slow_ms, very_slow_ms: durations from which a test is flagged.
        moderate_queries, high_queries: numbers of queries from which a test is flagged.
        coverage: measure lines, if coverage is installed.
        store: the database that keeps each run; "" for that of the project, "off" for none.
        otlp: the URL of an OpenTelemetry receiver, as `http://localhost:4318`; "" for none.
        html, ctrf, markdown: files that reports are written to at the end of the run; "" for none.
        update_queries: write how many queries each test makes, rather than hold it to what is written.
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
    otlp: str = ""
    html: str = ""
    ctrf: str = ""
    markdown: str = ""
    update_queries: bool = False
    budget: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        if self.network not in NETWORK_MODES:
            raise ConfigError(f"telemetry network={self.network!r}: choose one of {', '.join(NETWORK_MODES)}")
        for lower, upper in (("slow_ms", "very_slow_ms"), ("moderate_queries", "high_queries")):
            if not 0 <= getattr(self, lower) <= getattr(self, upper):
                raise ConfigError(
                    f"telemetry {lower}={getattr(self, lower):g} and {upper}={getattr(self, upper):g}: "
                    "give numbers of 0 or more, the second not below the first"
                )
        for host in self.allowed_hosts:
            _check_host(host)
        if self.otlp and urlsplit(self.otlp).scheme not in ("http", "https"):
            raise ConfigError(f"telemetry otlp={self.otlp!r}: give the URL of a receiver, as http://localhost:4318")

    @classmethod
    def load(cls, start: Path | None = None, environ: Mapping[str, str] = os.environ) -> TelemetrySettings:
        """Read the section `[telemetry]` of the configuration, and the variables `CALLBOX_TELEMETRY_...`, which win.

        Args:
            start: the folder from which files are looked for, upward; the working folder by default.
            environ: environment variables.

        Raises:
            ConfigError: a key is unknown, or a value is none of those that are possible.
        """
        found = load_settings(TELEMETRY, start or working_folder(), environ)
        limits = {each.name: found.pop(each.name, None) for each in fields(Budget)}
        for name, limit in limits.items():
            if limit is not None and not limit >= 0:
                raise ConfigError(f"telemetry {name}={limit!r}: give a number of 0 or more")
        if "allowed_hosts" in found:
            found["allowed_hosts"] = tuple(found["allowed_hosts"])
        return cls(**found, budget=Budget(**limits))


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


def _check_host(host: str) -> None:
    """Refuse what no host could match; any other word may be a name."""
    try:
        if "/" in host or ":" in host:
            ipaddress.ip_network(host.partition("%")[0], strict=False)
        elif set(host) & set("*[] "):
            raise ValueError(f"{host!r} is no name")
    except ValueError as error:
        raise ConfigError(f"telemetry allowed_hosts: {error}: write a name, an address or a network") from error
