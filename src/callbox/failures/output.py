"""Where a report goes and what is in it; writing it in one step."""

from __future__ import annotations

import enum
import os
import sys
import tempfile  # noqa: F401  (`writing` needs it, and a failure may come when there is no memory left to import it)
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from callbox.errors import ConfigError, FormatError, RecordingError, reason
from callbox.failures.model import Failure, Passed
from callbox.failures.plain import failure_to_dict, passed_to_dict
from callbox.failures.reports import RENDERERS, Report
from callbox.replacement import make_folder, writing


class OutputFormat(enum.Enum):
    """Formats of reports."""

    JSON = "json"
    MARKDOWN = "md"
    YAML = "yaml"
    XML = "xml"
    CSV = "csv"
    HTML = "html"
    CUSTOM = "custom"

    @classmethod
    def _missing_(cls, value: object) -> OutputFormat | None:
        name = str(value).lower().lstrip(".")
        return next((f for f in cls if name in (f.value, f.name.lower(), *_ALIASES.get(f.value, ()))), None)


_ALIASES = {"yaml": ("yml",), "html": ("htm",), "md": ("markdown",)}
_SOURCE_KEYS = ("source", "class_source", "code", "first_line")


@dataclass(frozen=True)
class OutputConfig:
    """Where a report goes, and what is in it.

    Attributes:
        output: the file; None is the standard output.
        format: an `OutputFormat` or its name; None goes by the file's ending, and is JSON without one.
        append: add to a report that is there, in place of replacing it.
        include_passed: list passed tests too.
        max_failures: how many failures, the newest; None for all.
        include_source: sources of tests and functions, and the lines around each place.
        include_fixtures: fixtures of tests with their values.
        include_traceback: the traceback as text, and its frames.
        include_metadata: Python, process, thread.
        include_locals: what variables held, where that was captured.
        include_calls: the last recorded calls.
        include_line_numbers: number source lines.
        custom_formatter: called with the failures as plain data; returns the report as text.
    """

    output: str | os.PathLike[str] | None = None
    format: OutputFormat | str | None = None
    append: bool = False
    include_passed: bool = False
    max_failures: int | None = None
    include_source: bool = True
    include_fixtures: bool = True
    include_traceback: bool = True
    include_metadata: bool = True
    include_locals: bool = True
    include_calls: bool = True
    include_line_numbers: bool = True
    custom_formatter: Callable[[list[dict[str, Any]]], str] | None = None

    def __post_init__(self) -> None:
        """Check what belongs together.

        Raises:
            ConfigError: an unknown format, or one that lacks its formatter.
        """
        if self.max_failures is not None and (type(self.max_failures) is not int or self.max_failures < 1):
            raise ConfigError(f"max_failures is {self.max_failures!r}: it must be a whole number, 1 or more")
        if self.resolved_format is OutputFormat.CUSTOM and self.custom_formatter is None:
            raise ConfigError("the format is custom, and there is no custom_formatter: give a function")

    @property
    def resolved_format(self) -> OutputFormat:
        """The format that is meant."""
        if self.format is not None:
            return _format_of(self.format)
        if self.custom_formatter is not None:
            return OutputFormat.CUSTOM
        ending = Path(self.output).suffix if self.output is not None else ""
        return _format_of(ending) if ending else OutputFormat.JSON


def _format_of(name: OutputFormat | str) -> OutputFormat:
    try:
        return OutputFormat(name)
    except ValueError:
        known = ", ".join(f.value for f in OutputFormat)
        raise ConfigError(f"there is no report format {name!r}: use one of {known}") from None


def write_report(
    config: OutputConfig,
    failures: Sequence[Failure],
    passed: Sequence[Passed] = (),
    *,
    clock: Callable[[], float] = time.time,
) -> Path | None:
    """Write a report, in one step: whoever reads the file sees the old one or the new one, whole.

    Returns:
        The file; None for the standard output.

    Raises:
        RecordingError: it cannot be written.
        FormatError: what is there is no report to append to.
    """
    if config.output is None:
        text = render(config, failures, passed, timestamp=clock())
        encoding = sys.stdout.encoding or "utf-8"
        printable = text.encode(encoding, "backslashreplace").decode(encoding)
        sys.stdout.write(printable if printable.endswith("\n") else printable + "\n")
        return None
    path = Path(config.output)
    try:
        existing = path.read_text(encoding="utf-8") if config.append and path.is_file() else ""
        text = render(config, failures, passed, timestamp=clock(), existing=existing or None)
        make_folder(path.parent)
        with writing(path) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except UnicodeDecodeError:
        raise FormatError(f"cannot append to {path}: it is no text: choose another file") from None
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {reason(error)}: choose another place") from error
    return path


def render(
    config: OutputConfig,
    failures: Sequence[Failure],
    passed: Sequence[Passed] = (),
    *,
    timestamp: float,
    existing: str | None = None,
) -> str:
    """Return a report as text.

    Args:
        config: what is in it.
        failures: oldest first.
        passed: oldest first.
        timestamp: of the report, seconds since the epoch.
        existing: a report of the same format, to which this one is added.

    Raises:
        FormatError: `existing` is no such report.
    """
    kept = failures[-config.max_failures :] if config.max_failures else failures
    plain = [_selected(failure_to_dict(failure), config) for failure in kept]
    if config.resolved_format is OutputFormat.CUSTOM:
        text = str(cast("Callable[[list[dict[str, Any]]], str]", config.custom_formatter)(plain))
        return text if existing is None else existing + text
    report = Report(
        timestamp=timestamp,
        failures=plain,
        passed=[passed_to_dict(each) for each in passed] if config.include_passed else [],
        summary={
            "failures": len(failures),
            "shown": len(plain),
            "passed": len(passed),
            "kinds": len({failure.fingerprint for failure in failures}),
        },
        is_numbered=config.include_line_numbers,
    )
    return RENDERERS[config.resolved_format.value]()(report, existing)


def _selected(failure: dict[str, Any], config: OutputConfig) -> dict[str, Any]:
    if not config.include_source:
        failure.pop("source", None)
    if not config.include_fixtures:
        failure.pop("fixtures", None)
    if not config.include_metadata:
        failure.pop("metadata", None)
    if not config.include_calls:
        failure.pop("calls", None)
    if not config.include_traceback:
        failure.pop("traceback", None)
    if failure["exception"] is not None:
        _select_frames(failure["exception"], config)
    return failure


def _select_frames(raised: dict[str, Any], config: OutputConfig) -> None:
    if not config.include_traceback:
        raised["frames"] = []
    for frame in raised["frames"]:
        for key in _SOURCE_KEYS if not config.include_source else ():
            frame.pop(key, None)
        if not config.include_locals:
            frame["locals"] = None
    for other in raised["related"]:
        _select_frames(other, config)
