"""What every report is made of, and who makes which."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from callbox.errors import FormatError

Render = Callable[["Report", "str | None"], str]
"""Takes a report and the text of an older one to add it to, or None."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report.

    Attributes:
        timestamp: when it was made, seconds since the epoch.
        failures: as plain data, oldest first.
        passed: likewise.
        summary: counts by name.
        is_numbered: whether source lines have numbers.
    """

    timestamp: float
    failures: list[dict[str, Any]]
    passed: list[dict[str, Any]]
    summary: dict[str, int]
    is_numbered: bool = True


def _renderer(module: str) -> Callable[[], Render]:
    return lambda: cast("Render", importlib.import_module(f"callbox.failures.reports.{module}").render)


RENDERERS: Mapping[str, Callable[[], Render]] = {
    "json": _renderer("json_text"),
    "md": _renderer("markdown"),
    "yaml": _renderer("yaml_text"),
    "xml": _renderer("xml_text"),
    "csv": _renderer("csv_text"),
    "html": _renderer("html_page"),
}


def insert_before(existing: str, mark: str, text: str, kind: str) -> str:
    """Insert a text before the last occurrence of what ends a report.

    Raises:
        FormatError: the report has no such end.
    """
    before, found, after = existing.rpartition(mark)
    if not found:
        raise FormatError(f"cannot append: what is there is no {kind} report of callbox: choose another file")
    return before + text + found + after


def exceptions_of(failure: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield an exception of a failure and those that belong to it, with words for how."""
    if failure.get("exception") is not None:
        yield from _with_related(failure["exception"], "")


def _with_related(raised: dict[str, Any], words: str) -> Iterator[tuple[dict[str, Any], str]]:
    yield raised, words
    n_members = sum(other["relation"] == "member" for other in raised["related"])
    nth = 0
    for other in raised["related"]:
        nth += other["relation"] == "member"
        words = {"cause": "caused by", "context": "while handling"}.get(other["relation"], f"{nth} of {n_members}")
        yield from _with_related(other, words)


def headline(raised: Mapping[str, Any]) -> str:
    """Write an exception's class and message."""
    name = raised["type"].removeprefix("builtins.")
    return f"{name}: {raised['message']}" if raised["message"] else name


def code_lines(frame: Mapping[str, Any], is_numbered: bool) -> Iterator[tuple[bool, str]]:
    """Yield the lines around a frame's place, and whether each is the one that was running."""
    first = frame.get("first_line", 0)
    width = len(str(first + len(frame.get("code", ()))))
    for number, text in enumerate(frame.get("code", ()), first):
        is_current = number == frame["line"]
        yield is_current, f"{number:>{width}}  {text}" if is_numbered else text
