"""Reports as JSON."""

from __future__ import annotations

import json
from typing import Any

from callbox.errors import FormatError
from callbox.failures.plain import iso_time
from callbox.failures.reports.report import Report

FORMAT = "callbox failures"
VERSION = 1


def render(report: Report, existing: str | None) -> str:
    """Write a report; added to an older one, its failures come after the older ones."""
    found = document(report)
    if existing is not None:
        older = _read(existing)
        found["failures"] = older["failures"] + found["failures"]
        found["passed"] = older["passed"] + found["passed"]
        found["summary"] = {name: older["summary"].get(name, 0) + n for name, n in found["summary"].items()}
        found["summary"]["kinds"] = len({failure.get("fingerprint") for failure in found["failures"]})
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return a report as plain data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "generated": iso_time(report.timestamp),
        "summary": dict(report.summary),
        "failures": report.failures,
        "passed": report.passed,
    }


def _read(existing: str) -> dict[str, Any]:
    try:
        found = json.loads(existing)
    except ValueError:
        found = None
    if not isinstance(found, dict) or (found.get("format"), found.get("version")) != (FORMAT, VERSION):
        raise FormatError("cannot append: what is there is no JSON report of callbox: choose another file")
    return found
