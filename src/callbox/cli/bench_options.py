"""Options of `callbox bench`: the command line before `[bench]` of the configuration before the defaults."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from callbox import config
from callbox.cli.json_output import json_option
from callbox.errors import ConfigError
from callbox.folders import working_folder

if TYPE_CHECKING:
    from callbox.bench.limits import Settings
    from callbox.bench.tolerance import Tolerances

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_TOML = """\
[bench]
snapshot_dir = ".snapshots"
rtol = 1e-5
atol = 1e-8
equal_nan = true
exclude = []
timeout = 60.0
memory_mb = 4096

# Other tolerances for benchmarks in whose name a pattern is found:
# [bench.tolerance."time_fft.*"]
# rtol = 1e-3
# atol = 1e-6
"""


@dataclass(frozen=True)
class BenchOptions:
    """What a subcommand was asked for; `docs/bench.md` explains each."""

    directory: str = "."
    pattern: str = ""
    snapshot_dir: str = ".snapshots"
    exclude: list[str] = field(default_factory=list)
    rtol: float = 1e-5
    atol: float = 1e-8
    equal_nan: bool = True
    tolerance: dict[str, dict[str, float | bool]] = field(default_factory=dict)
    jobs: int | None = None
    executor: str = ""
    timeout: float = 60.0
    memory_mb: int = 4096
    seed: int = 20_240_229
    pickle: list[str] = field(default_factory=list)
    deepest: bool = False
    trace: bool = False
    as_json: bool = False
    junit: str = ""
    html: str = ""
    verbose: bool = False
    quiet: bool = False

    def settings(self) -> Settings:
        """Return the settings of the processes that benchmarks run in."""
        from callbox.bench.limits import Settings

        return Settings(
            seed=self.seed,
            timeout_s=self.timeout,
            memory_bytes=self.memory_mb << 20,
            with_deepest=self.deepest,
            with_trace=self.trace,
        )

    def tolerances(self) -> Tolerances:
        """Return how close numbers must be."""
        from msgspec.structs import replace

        from callbox.bench.tolerance import Tolerance, Tolerances

        default = Tolerance(self.rtol, self.atol, self.equal_nan)
        special = {pattern: replace(default, **table) for pattern, table in self.tolerance.items()}
        return Tolerances(default, special)

    def as_table(self) -> dict[str, Any]:
        """Return the keys that a configuration may set."""
        return {name: getattr(self, name) for name in _KEYS}


_KEYS = [*config.BenchSettings.__annotations__]


def choosing_options(function: F) -> F:
    """Add what subcommands take that look for benchmarks."""
    for decorate in (
        click.option("--config", "config_file", type=click.Path(), help="A TOML file in place of the nearest."),
        click.option("--exclude", multiple=True, metavar="REGEX", help="Leave benchmarks out."),
        click.option("--filter", "-k", "pattern", metavar="REGEX", help="Only benchmarks whose name matches."),
        click.argument("directory", metavar="DIR"),
    ):
        function = decorate(function)
    return function


snapshot_option = click.option(
    "--snapshot-dir", metavar="LOCATION", help="Folder or URL of snapshots.  [default: .snapshots]"
)
tolerance_option = click.option(
    "--tolerance", type=(float, float), metavar="RTOL ATOL", help="How close numbers must be."
)


def running_options(function: F) -> F:
    """Add what subcommands take that run benchmarks."""
    for decorate in (
        click.option("--html", type=click.Path(), help="Write a report as one page."),
        click.option("--junit", type=click.Path(), help="Write a report as JUnit XML."),
        json_option,
        click.option("--deepest", is_flag=True, help="Keep also the result of the deepest call that has one."),
        click.option("--pickle", multiple=True, metavar="GLOB", help="Allow pickles of these classes."),
        click.option("--seed", type=int, help="For random numbers."),
        click.option("--memory-mb", type=click.IntRange(0), help="Data a benchmark may have; 0: any.  [default: 4096]"),
        click.option("--timeout", type=click.FloatRange(0, min_open=True), help="Seconds per case.  [default: 60]"),
        click.option("--executor", metavar="dask:URL", help="Run on a Dask cluster."),
        click.option("--jobs", "-j", type=click.IntRange(1), help="Batches at a time.  [default: as cores allow]"),
        click.option("--quiet", "-q", is_flag=True, help="Show only what is wrong."),
        click.option("--verbose", "-v", is_flag=True, help="Show every case."),
        snapshot_option,
    ):
        function = decorate(function)
    return function


def read_options(directory: str, given: dict[str, Any]) -> BenchOptions:
    """Join what the command line says with the configuration.

    Raises:
        ConfigError: a key is unknown or has a wrong value.
    """
    start = Path(directory) if Path(directory).is_dir() else working_folder()
    file = given.pop("config_file", None)
    values = (
        config.read_file("bench", Path(file)) if file else config.load_settings("bench", start.resolve(), os.environ)
    )
    if (tolerance := given.pop("tolerance", None)) is not None:
        values.update(rtol=tolerance[0], atol=tolerance[1], tolerance={})
    for key, value in given.items():
        if not (value is None or value is False or value == ()):  # 0 is a value
            values[key] = list(value) if isinstance(value, tuple) else value
    for pattern, table in values.get("tolerance", {}).items():
        for key, value in table.items():
            if key not in ("rtol", "atol", "equal_nan"):
                raise ConfigError(
                    f'unknown key {key!r} in [bench.tolerance."{pattern}"]: known are rtol, atol, equal_nan'
                )
            if isinstance(value, bool) != (key == "equal_nan"):
                kind = "true or false" if key == "equal_nan" else "a number"
                raise ConfigError(f'{key} = {value!r} in [bench.tolerance."{pattern}"]: give {kind}')
    return BenchOptions(directory=directory, **values)
