"""A run in the formats of others: CTRF, and Markdown for the summary of a CI job.

Source: the Common Test Report Format, https://ctrf.io.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from callbox.telemetry.comparison import is_flaky
from callbox.telemetry.history import Run
from callbox.telemetry.kept import KeptTest
from callbox.telemetry.records import BAD

_CTRF_VERSION = "0.0.0"
_MAX_ROWS = 20


def ctrf_text(run: Run, tests: Sequence[KeptTest], statuses: Mapping[str, list[str]]) -> str:
    """Write a run as CTRF; outcomes that it does not know are `rawStatus`."""
    started_ms = int(dt.datetime.fromisoformat(run.started).timestamp() * 1000)
    listed = [_ctrf_test(test, is_flaky(statuses.get(test.id, []))) for test in tests]
    counts = dict.fromkeys(("passed", "failed", "pending", "skipped", "other"), 0)
    for test in listed:
        counts[test["status"]] += 1
    summary = {
        "tests": len(listed),
        **counts,
        "start": started_ms,
        "stop": started_ms + round(run.summary["duration"]["wall"]),
    }
    tool = {"name": "callbox", "version": version("callbox")}
    report = {
        "reportFormat": "CTRF",
        "specVersion": _CTRF_VERSION,
        "results": {"tool": tool, "summary": summary, "tests": listed},
    }
    return json.dumps(report, indent=2) + "\n"


def _ctrf_test(test: KeptTest, flaky: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": test.id,
        "status": _ctrf_status(test.status),
        "duration": round(test.duration_ms),
        "rawStatus": test.status,
        "flaky": flaky,
        "extra": {"queries": test.n_queries, "n_plus_one": test.sites, "network_blocked": test.n_blocked},
    }
    if test.error:
        found["message"] = test.error
    return found


def _ctrf_status(status: str) -> str:
    if status in BAD:
        return "failed"
    return "skipped" if status == "skipped" else "passed"


def markdown_lines(run: Run, tests: Sequence[KeptTest], statuses: Mapping[str, list[str]]) -> Iterator[str]:
    """Write a run as Markdown: counts, what did not pass, what is flaky, N+1, the slowest tests."""
    summary = run.summary
    counts = ", ".join(f"{n:,} {status}" for status, n in summary["by_status"].items()) or "no tests"
    yield f"### Tests: {counts}"
    yield ""
    yield f"{sum(test.n_queries for test in tests):,} queries, {summary['duration']['total'] / 1000:,.2f} s"
    slowest = sorted(tests, key=lambda test: -test.duration_ms)[:_MAX_ROWS]
    failed = [test for test in tests if test.status in BAD]
    flaky = sorted(test for test, seen in statuses.items() if is_flaky(seen))
    yield from _table("Not passed", ("test", "why"), [(test.id, test.error) for test in failed])
    yield from _table("Flaky", ("test",), [(test,) for test in flaky])
    yield from _table("N+1", ("test", "where"), [(test.id, ", ".join(test.sites)) for test in tests if test.sites])
    rows = [(test.id, f"{test.duration_ms:,.1f}", f"{test.n_queries:,}") for test in slowest]
    yield from _table("Slowest", ("test", "ms", "queries"), rows)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield from ("", f"#### {title}", "")
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows[:_MAX_ROWS]:
        yield f"| {' | '.join(map(_cell, row))} |"
    if len(rows) > _MAX_ROWS:
        yield from ("", f"… {len(rows) - _MAX_ROWS:,} more")


def _cell(text: str) -> str:
    """Write text that no name of a test can leave its cell with: as HTML, which Markdown takes."""
    for special, entity in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("`", "&#96;"), ("*", "&#42;")):
        text = text.replace(special, entity)
    for special, entity in (("_", "&#95;"), ("[", "&#91;"), ("\n", " "), ("\r", " ")):
        text = text.replace(special, entity)
    return text
