"""Settings of the commands: from the environment, the project's configuration file, the user's own.

For every key the first of these that has it wins:

1. `CALLBOX_<COMMAND>_<KEY>`, then `CALLBOX_<KEY>`;
2. the section `[<command>]`, then `[defaults]`, of the nearest `callbox.toml`,
   `.callbox/config.toml` or `pyproject.toml` with a `[tool.callbox]`, from the
   working folder upward;
3. the same sections of `config.toml` in the user's configuration folder.

What the command line says comes before all of them; that is the caller's part.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict, get_type_hints

from callbox.errors import ConfigError, reason
from callbox.folders import working_folder
from callbox.secrets import RedactRules

DEFAULTS = "defaults"
PREFIX = "CALLBOX_"


REDACT = "redact"
TELEMETRY = "telemetry"


class RedactSettings(TypedDict, total=False):
    """Keys of `[redact]`, which holds for every command that records values; see `callbox.secrets.RedactRules`."""

    add_keys: list[str]
    add_patterns: dict[str, str]
    add_types: list[str]
    except_keys: list[str]
    except_rules: list[str]
    is_enabled: bool


class RunSettings(TypedDict, total=False):
    """Keys of `callbox run`."""

    include: list[str]
    mode: Literal["static", "profile", "trace", "production", "ci", "development"]
    engine: str
    all_values: bool
    c_calls: bool
    memory: bool
    spill: bool
    max_events: int
    max_depth: int
    overhead_budget: float
    output: str


class ShowSettings(TypedDict, total=False):
    """Keys of `callbox show`."""

    format: Literal["tree", "stack", "flat", "json", "dot"]
    last: int
    function: str
    max_depth: int
    max_lines: int


class StatsSettings(TypedDict, total=False):
    """Keys of `callbox stats`."""

    top: int
    sort: Literal["self", "inclusive", "calls"]


class RecordSettings(TypedDict, total=False):
    """Keys of `callbox record`."""

    targets: list[str]
    limit: int
    storage_dir: str
    format: Literal["exact", "pickle", "json", "repr"]
    nested: bool
    mock: list[str]


class GenSettings(TypedDict, total=False):
    """Keys of `callbox gen`."""

    calls_dir: str
    output: str
    output_dir: str
    formats: list[str]
    functions: list[str]
    mock: list[str]
    limit: int
    verify: bool
    report: str


class CleanSettings(TypedDict, total=False):
    """Keys of `callbox clean`."""

    calls_dir: str
    formats: list[str]
    before: str


class TeadSettings(TypedDict, total=False):
    """Keys of `callbox tead`."""

    targets: list[str]
    limit: int
    storage_dir: str
    calls_dir: str
    format: Literal["exact", "pickle", "json", "repr"]
    nested: bool
    mock: list[str]
    output: str
    output_dir: str
    formats: list[str]
    only_targets: bool
    pre_clean: bool
    pre_clean_before: str
    verify: bool
    report: str


class ExportSettings(TypedDict, total=False):
    """Keys of `callbox export`."""

    to: Literal["perfetto", "chrome", "speedscope", "folded", "pstats", "dot", "csv", "parquet"]


class DiffSettings(TypedDict, total=False):
    """Keys of `callbox diff`."""

    values: bool
    times: bool
    max_lines: int


class BenchSettings(TypedDict, total=False):
    """Keys of `callbox bench`."""

    snapshot_dir: str
    exclude: list[str]
    rtol: float
    atol: float
    equal_nan: bool
    tolerance: dict[str, dict[str, float | bool]]
    jobs: int
    executor: str
    timeout: float
    memory_mb: int
    seed: int
    pickle: list[str]
    deepest: bool
    trace: bool
    verbose: bool
    quiet: bool


class FailuresSettings(TypedDict, total=False):
    """Keys of `callbox failures`."""

    store: str


class TelemetrySettings(TypedDict, total=False):
    """Keys of `[telemetry]`, which holds for runs of tests; see `callbox.telemetry.TelemetrySettings`."""

    output: str
    network: str
    allowed_hosts: list[str]
    slow_ms: float
    very_slow_ms: float
    moderate_queries: int
    high_queries: int
    max_queries: int
    max_duration_ms: float
    coverage: bool
    store: str
    otlp: str
    html: str
    ctrf: str
    markdown: str
    update_queries: bool


COMMANDS: Mapping[str, type] = {
    "run": RunSettings,
    "show": ShowSettings,
    "stats": StatsSettings,
    "export": ExportSettings,
    "diff": DiffSettings,
    "record": RecordSettings,
    "gen": GenSettings,
    "clean": CleanSettings,
    "tead": TeadSettings,
    "bench": BenchSettings,
    "failures": FailuresSettings,
}
SECTIONS: Mapping[str, type] = {**COMMANDS, REDACT: RedactSettings, TELEMETRY: TelemetrySettings}
"""Those that are no commands take nothing from `[defaults]`: the same key means something else there."""
KEYS = {
    **{section: [*settings.__annotations__] for section, settings in SECTIONS.items()},
    DEFAULTS: sorted({key for settings in COMMANDS.values() for key in settings.__annotations__}),
}


@dataclass(frozen=True, slots=True)
class _Value:
    """A value as it was written, and where."""

    key: str
    raw: Any
    place: str
    is_text: bool
    """Whether it comes from an environment variable, where everything is text."""


def load_settings(command: str, start: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """Collect what is configured for a command.

    Args:
        command: one of `SECTIONS`.
        start: the folder from which files are looked for, upward.
        environ: environment variables.

    Returns:
        Checked values by key; keys that nobody set are absent.

    Raises:
        ConfigError: a file cannot be read, a key is unknown, a value has the wrong type.
    """
    types = get_type_hints(SECTIONS[command])
    settings: dict[str, Any] = {}
    for value in _iter_values(command, start, environ):
        if value.key in types and value.key not in settings:
            settings[value.key] = _convert(value, types[value.key])
    return settings


def read_file(command: str, path: Path) -> dict[str, Any]:
    """Collect what one file configures for a command, and nothing else.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, a value has the wrong type.
    """
    table = _read(path)
    _check_table(path, table)
    types = get_type_hints(COMMANDS[command])
    found = table.get(command, {})
    return {k: _convert(_Value(k, raw, f"{path}: {command}.{k}", is_text=False), types[k]) for k, raw in found.items()}


def find_file(start: Path) -> tuple[Path, dict[str, Any]] | None:
    """Find the nearest project file that configures callbox, from a folder upward, and read its sections."""
    for folder in (start, *start.parents):
        for path in (folder / "callbox.toml", folder / ".callbox" / "config.toml"):
            if os.path.isfile(path):  # noqa: PTH113
                return path, _read(path)
        project = folder / "pyproject.toml"
        if os.path.isfile(project) and (table := _read_project(project)) is not None:  # noqa: PTH113
            return project, table
    return None


def load_redact_rules(start: Path, environ: Mapping[str, str]) -> RedactRules:
    """Return what is configured to be redacted, besides what always is.

    Raises:
        ConfigError: as `load_settings`, or a rule makes no sense.
    """
    return RedactRules.from_plain(load_settings(REDACT, start, environ))


@functools.cache
def project_redact_rules() -> RedactRules:
    """Return what is configured to be redacted where this process works; read once.

    Raises:
        ConfigError: as `load_redact_rules`.
    """
    return load_redact_rules(working_folder(), os.environ)


def _iter_values(command: str, start: Path, environ: Mapping[str, str]) -> Iterator[_Value]:
    """Give every value that may concern a command, the weightiest first, after a look at all the others."""
    yield from _from_environment(command, environ)
    files = []
    if (project := find_file(start)) is not None:
        files.append(project)
    if os.path.isfile(user := _user_file()):  # noqa: PTH113
        files.append((user, _read(user)))
    for path, table in files:
        _check_table(path, table)
        for section in (command, DEFAULTS) if command in COMMANDS else (command,):
            for key, raw in table.get(section, {}).items():
                yield _Value(key, raw, f"{path}: {section}.{key}", is_text=False)


def _from_environment(command: str, environ: Mapping[str, str]) -> list[_Value]:
    sections = {f"{PREFIX}{section.upper()}_": section for section in SECTIONS}
    found: dict[str, list[_Value]] = {command: [], DEFAULTS: []}
    for name in sorted(n for n in environ if n.startswith(PREFIX)):
        prefix = next((p for p in sections if name.startswith(p)), PREFIX)
        section = sections.get(prefix, DEFAULTS)
        key = name.removeprefix(prefix).lower()
        if key not in KEYS[section]:
            known = [p + k.upper() for p, s in (*sections.items(), (PREFIX, DEFAULTS)) for k in KEYS[s]]
            raise ConfigError(f"unknown environment variable {name}{_nearest(name, known)}")
        if section in found:
            found[section].append(_Value(key, environ[name], name, is_text=True))
    return found[command] + (found[DEFAULTS] if command in COMMANDS else [])


def _user_file() -> Path:
    import platformdirs

    return platformdirs.user_config_path("callbox", appauthor=False) / "config.toml"


def _read_project(path: Path) -> dict[str, Any] | None:
    """Read `[tool.callbox]`; a file that does not speak of callbox is none of our business, valid or not."""
    try:
        if b"callbox" not in path.read_bytes():
            return None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {reason(error)}") from error
    table = _read(path).get("tool", {}).get("callbox")
    return table if isinstance(table, dict) else None


def _read(path: Path) -> dict[str, Any]:
    import tomllib  # compiles patterns, and most processes have no file to read

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {reason(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no valid TOML: {error}") from error


def _check_table(path: Path, table: Mapping[str, Any]) -> None:
    for section, values in table.items():
        if section not in KEYS:
            raise ConfigError(f"{path}: unknown section {section!r}{_nearest(section, KEYS)}")
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: {section!r} is a section: write [{section}] and its keys below")
        for key in values:
            if key not in KEYS[section]:
                raise ConfigError(f"{path}: unknown key {section}.{key}{_nearest(key, KEYS[section])}")


def _nearest(name: str, known: Iterable[str]) -> str:
    import difflib

    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f": did you mean {near[0]}?" if near else f": known are {', '.join(known)}"


def _convert(value: _Value, kind: Any) -> Any:
    import msgspec

    raw = value.raw
    if value.is_text and kind == list[str]:
        raw = [part.strip() for part in raw.split(",") if part.strip()]
    try:
        return msgspec.convert(raw, kind, strict=not value.is_text)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{value.place} = {value.raw!r}: {error}") from error
