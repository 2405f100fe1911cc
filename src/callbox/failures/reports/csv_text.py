"""Reports as CSV: a line for each failure, for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

from callbox.errors import FormatError
from callbox.failures.reports.report import Report

COLUMNS = (
    *("id", "time", "test_name", "module", "filename", "line", "exception_type", "exception_message"),
    *("fingerprint", "origin", "arguments", "fixtures", "traceback", "calls"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def render(report: Report, existing: str | None) -> str:
    """Write a report; added to an older one, its lines follow."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = ",".join(COLUMNS)
    if existing is None:
        writer.writerow(COLUMNS)
    elif existing.partition("\n")[0].rstrip("\r") != header:
        raise FormatError("cannot append: what is there is no CSV report of callbox: choose another file")
    for failure in report.failures:
        writer.writerow([_cell(failure.get(column, "")) for column in COLUMNS])
    return (existing or "") + out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        value = ", ".join(f"{name}={text}" for name, text in value.items())
    # a spreadsheet would run it
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
