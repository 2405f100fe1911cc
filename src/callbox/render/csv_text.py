"""A call tree as CSV: a line for each call."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, BinaryIO

from callbox.model import Outcome
from callbox.render.text import UNKNOWN, printable

if TYPE_CHECKING:
    from callbox.model import CallTree
    from callbox.render.values import CallValues

COLUMNS = (
    "call",
    "parent",
    "function",
    "file",
    "line",
    "thread",
    "process",
    "depth",
    "start_ns",
    "end_ns",
    "inclusive_ns",
    "self_ns",
    "outcome",
)
VALUE_COLUMNS = ("arguments", "result")
_CHUNK = 1 << 16
_OUTCOMES = {int(outcome): outcome.name.lower() for outcome in Outcome}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(file: BinaryIO, tree: CallTree, *, values: CallValues | None = None) -> None:
    """Write a call tree as CSV in UTF-8, after RFC 4180, with a line of names first.

    Args:
        file: where to.
        tree: the calls; `parent` counts the lines of `call`, and is empty for a root.
        values: adds `arguments`, and what was returned or raised as `result`; None if there are none.
    """
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True, errors="backslashreplace")
    writer = csv.writer(text)
    writer.writerow(COLUMNS + (VALUE_COLUMNS if values else ()))
    for first in range(0, len(tree.calls), _CHUNK):
        columns = _columns(tree, slice(first, first + _CHUNK))
        if values is not None:
            rows = columns[0]
            columns += [
                [_inert(values.arguments(row)) for row in rows],
                [_inert(values.outcome(row)) for row in rows],
            ]
        writer.writerows(zip(*columns, strict=True))
    text.detach()


def _columns(tree: CallTree, rows: slice) -> list[list[Any]]:
    calls = tree.calls[rows]
    names, places = {}, {}
    for code in set(calls["code"].tolist()):
        function = tree.functions.get(code)
        names[code] = _inert(printable(function.full_name)) if function else UNKNOWN
        places[code] = (_inert(printable(function.filename)), function.line_number) if function else ("", "")
    codes = calls["code"].tolist()
    threads = [tree.threads[thread] for thread in calls["thread"].tolist()]
    first = rows.start
    return [
        list(range(first, first + len(calls))),
        [parent if parent >= 0 else "" for parent in calls["parent"].tolist()],
        [names[code] for code in codes],
        [places[code][0] for code in codes],
        [places[code][1] for code in codes],
        [_inert(printable(thread.name)) for thread in threads],
        [thread.process_id for thread in threads],
        *(calls[field].tolist() for field in ("depth", "t_start_ns", "t_end_ns", "inclusive_ns", "self_ns")),
        [_OUTCOMES[outcome] for outcome in calls["outcome"].tolist()],
    ]


def _inert(text: str) -> str:
    """Keep a spreadsheet from taking a name or value of the traced program for a formula.

    Source: OWASP, "CSV Injection".
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
