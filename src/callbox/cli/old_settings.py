"""Settings written for the tool whose commands `record`, `gen`, `clean` and `tead` take over: `.pytead` files."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from callbox import config
from callbox.errors import ConfigError
from callbox.folders import working_folder

_SECTIONS = {"record": "run"}
"""What a command was called there."""


class CommandWithOldSettings(click.Command):
    """A command that reads the old files where there is no file of callbox's own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take settings of the old files as defaults."""
        if ctx.info_name is not None and config.find_file(working_folder()) is None:
            old = read_old_settings(ctx.info_name, working_folder())
            ctx.default_map = {**old, **(ctx.default_map or {})}
        return super().parse_args(ctx, args)


def read_old_settings(command: str, start: Path, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Collect what an old file says about a command; says on stderr that it was read.

    Args:
        command: the command's name in callbox.
        start: the folder from which project files are looked for, upward.
        environ: environment variables; those of the process by default.

    Returns:
        Values by key: those of the command's section, then of `[defaults]`.

    Raises:
        ConfigError: the file cannot be read.
    """
    path = next((p for p in _candidates(start, os.environ if environ is None else environ) if os.path.isfile(p)), None)  # noqa: PTH113
    if path is None:
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    section = table.get(_SECTIONS.get(command, command), {})
    if command in ("gen", "clean") and "format" in table.get("defaults", {}):
        section = {"formats": [table["defaults"]["format"]], **section}
    known = config.KEYS[command]
    found = {key: value for key, value in {**table.get("defaults", {}), **section}.items() if key in known}
    if found:
        print(f"callbox: settings of {path} are used: move them to callbox.toml", file=sys.stderr)
    return found


def _candidates(start: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder / ".pytead" / "default_config.toml"
        yield folder / ".pytead" / "config.toml"
    if named := environ.get("PYTEAD_CONFIG"):
        yield Path(named)
    home = Path(environ.get("HOME") or Path.home())
    if xdg := environ.get("XDG_CONFIG_HOME"):
        yield Path(xdg) / "pytead" / "config.toml"
    yield home / ".config" / "pytead" / "config.toml"
    yield home / ".pytead" / "config.toml"
