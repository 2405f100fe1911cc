"""Reports as XML: `<failures>` of one `<run>` or more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from callbox.failures.plain import iso_time
from callbox.failures.reports.report import Report, insert_before

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_END = "</failures>"


def render(report: Report, existing: str | None) -> str:
    """Write a report; added to an older one, it is one more run of it."""
    counts = "".join(f" {name}={quoteattr(str(n))}" for name, n in report.summary.items())
    lines = [f"  <run generated={quoteattr(iso_time(report.timestamp))}{counts}>"]
    for failure in report.failures:
        lines += _element("failure", failure, 2)
    for each in report.passed:
        lines += _element("passed", each, 2)
    run = "\n".join([*lines, "  </run>"]) + "\n"
    if existing is not None:
        return insert_before(existing, _END, run, "XML")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<failures>\n{run}{_END}\n'


def _element(name: str, value: Any, level: int, key: str = "") -> Iterator[str]:
    pad = "  " * level
    start = f"{name} name={quoteattr(_clean(key))}" if key else name
    if isinstance(value, dict) and value:
        is_table = name in _TABLES
        yield f"{pad}<{start}>"
        for inner, item in value.items():
            yield from _element("value" if is_table else inner, item, level + 1, key=inner if is_table else "")
        yield f"{pad}</{name}>"
    elif isinstance(value, list) and value:
        yield f"{pad}<{start}>"
        for item in value:
            yield from _element(_ITEMS.get(name, "item"), item, level + 1)
        yield f"{pad}</{name}>"
    elif value is None or value in ({}, [], ""):
        yield f"{pad}<{start}/>"
    else:
        yield f"{pad}<{start}>{escape(_clean(str(value)))}</{name}>"


_TABLES = frozenset({"arguments", "fixtures", "locals", "attributes", "metadata", "value", "item"})
"""Elements whose keys are anybody's: they are attributes, as not every text is a tag."""
_ITEMS = {
    "frames": "frame",
    "related": "exception",
    "notes": "note",
    "code": "line",
    "reproductions": "reproduction",
    "imports": "import",
    "setup": "statement",
}
"""What a list is made of that is the failure's own; of anybody's, items."""


def _clean(text: str) -> str:
    """Escape what no XML document may hold."""
    return _NOT_XML.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
