"""Reports as YAML: each a document of its own, so that one more is appended as it is.

Every scalar is written as JSON writes it, which YAML reads in the same way; but for characters of more than 16 bits, of
which JSON's escapes are two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from callbox.errors import FormatError
from callbox.failures.reports.json_text import document
from callbox.failures.reports.report import Report

_START = "---\n"
_NOT_ASCII = re.compile(r"[^\x20-\x7e]")


def render(report: Report, existing: str | None) -> str:
    """Write a report; added to an older one, it is the next document of the stream."""
    if existing is not None and not existing.startswith(_START):
        raise FormatError("cannot append: what is there is no YAML report of callbox: choose another file")
    return (existing or "") + _START + "\n".join(_block(document(report), 0)) + "\n"


def _block(value: Any, indent: int) -> Iterator[str]:
    pad = "  " * indent
    pairs = value.items() if isinstance(value, dict) else (("", item) for item in value)
    for name, item in pairs:
        lead = f"{pad}{_scalar(name)}:" if isinstance(value, dict) else f"{pad}-"
        if isinstance(item, dict | list) and item:
            yield lead
            yield from _block(item, indent + 1)
        else:
            yield f"{lead} {_scalar(item)}"


def _scalar(value: Any) -> str:
    return _NOT_ASCII.sub(_escape, json.dumps(value, ensure_ascii=False))


def _escape(character: re.Match[str]) -> str:
    code = ord(character[0])
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
