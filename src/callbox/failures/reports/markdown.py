"""Reports as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from callbox.failures.plain import iso_time
from callbox.failures.reports.report import Report, code_lines, exceptions_of, headline
from callbox.render.text import count


def render(report: Report, existing: str | None) -> str:
    """Write a report; added to an older one, it follows it."""
    text = "\n".join(_lines(report)).rstrip() + "\n"
    return text if existing is None else f"{existing.rstrip()}\n\n{text}"


def _lines(report: Report) -> Iterator[str]:
    summary = report.summary
    yield "# Failures"
    yield ""
    yield (
        f"{count(summary['failures'], 'failure')} of {count(summary['kinds'], 'kind')}, {summary['passed']} passed; "
        f"{iso_time(report.timestamp)}."
    )
    for failure in report.failures:
        yield ""
        yield from _failure(failure, report.is_numbered)
    if report.passed:
        yield from ("", "## Passed", "")
        yield from (f"- {_inline(each['test_name'])}" for each in report.passed)


def _failure(failure: dict[str, Any], is_numbered: bool) -> Iterator[str]:
    yield f"## {_inline(failure['test_name'])}"
    yield ""
    yield f"{_inline(failure['exception_type'])} at {_inline(failure['filename'])}:{failure['line']}, {failure['time']}"
    yield ""
    yield f"Kind `{failure['fingerprint']}`, id `{failure['id']}`."
    yield from _fenced(failure["exception_message"], "text")
    for title, values in (("Arguments", failure.get("arguments")), ("Fixtures", failure.get("fixtures"))):
        if values:
            yield from _values(title, values)
    for raised, words in exceptions_of(failure):
        if words:
            yield from ("", f"### {words.capitalize()}: {_inline(headline(raised).partition(chr(10))[0])}")
        if raised["notes"]:
            yield from _fenced("\n".join(raised["notes"]), "text")
        if raised["attributes"]:
            yield from _values("", raised["attributes"])
        for frame in raised["frames"]:
            yield from _frame(frame, is_numbered)
    if failure.get("calls"):
        yield from ("", "### The last calls")
        yield from _fenced(failure["calls"], "text")
    if failure.get("traceback"):
        yield from ("", "### Traceback")
        yield from _fenced(failure["traceback"], "text")
    if failure.get("metadata"):
        yield from _values("Surroundings", {name: str(value) for name, value in failure["metadata"].items()})


def _frame(frame: dict[str, Any], is_numbered: bool) -> Iterator[str]:
    yield ""
    yield f"**{_inline(frame['function'])}**, {_inline(frame['filename'])}:{frame['line']}"
    lines = [("> " if is_current else "  ") + text for is_current, text in code_lines(frame, is_numbered)]
    if lines:
        yield from _fenced("\n".join(lines), "text")
    if frame.get("locals"):
        yield from _values("", frame["locals"])


def _values(title: str, values: dict[str, str]) -> Iterator[str]:
    if title:
        yield from ("", f"### {title}")
    yield from ("", "| name | value |", "|---|---|")
    yield from (f"| {_cell(name)} | {_cell(value)} |" for name, value in values.items())


def _fenced(text: str, language: str) -> Iterator[str]:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from ("", f"{fence}{language}", text, fence)


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|")


def _inline(text: str) -> str:
    """Write a text as code, whatever it holds."""
    text = " ".join(text.split("\n")) or " "
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"
