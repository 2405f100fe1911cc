"""Events as text, one line each, in order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from callbox.model import CallTree, EventKind
from callbox.render.text import UNKNOWN, count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from callbox.render.preorder import Indices
    from callbox.render.values import CallValues

_KIND_NAMES = {int(kind): kind.name.lower() for kind in EventKind if kind < EventKind.TASK_SWITCH}
_MAX_INDENT = 30
_NS_PER_S = 1_000_000_000


def format_flat(
    events: NDArray[np.void],
    tree: CallTree,
    *,
    show_times: bool = True,
    max_lines: int | None = 1000,
    values: CallValues | None = None,
) -> str:
    """Write events in order of time, over all threads.

    Each line says when it happened, in seconds after the first event; in which
    thread, where there are several; how deep in the stack; what; and of which function.

    Args:
        events: every event of a recording, fields `EVENT_FIELDS`.
        tree: the calls of that recording, or some of them: then only their events are shown.
        show_times: whether to say when.
        max_lines: how many events to show, the first ones; None for all. The rest is counted.
        values: arguments and results, where they were recorded.
    """
    calls = _calls_of(events, tree)
    is_whole = len(tree.calls) > events["call"].max(initial=-1)
    rows = np.flatnonzero((events["kind"] < EventKind.TASK_SWITCH) & (is_whole | (calls >= 0)))
    shown = _first_in_time(events, rows, max_lines)
    lines = [
        f"… {count(thread.n_dropped, 'earlier event')} of {printable(thread.name)} dropped"
        for thread in tree.threads
        if thread.n_dropped
    ]
    if len(shown):
        depths = np.append(tree.calls["depth"], 0)[calls[shown]]
        function_column = ["function", *_functions(events, tree, shown, depths, values)]
        lines += map("  ".join, zip(*_columns(events, tree, shown, depths, show_times), function_column, strict=True))
    if len(rows) > len(shown):
        lines.append(f"… {count(len(rows) - len(shown), 'more event')}")
    return "\n".join(lines) or "no events were recorded"


def _calls_of(events: NDArray[np.void], tree: CallTree) -> Indices:
    """Return the row in the tree of each event's call; -1 where the tree has none."""
    rows = np.full(events["call"].max(initial=-1) + 2, -1, np.int64)
    rows[events["call"][tree.calls["first_event"]]] = np.arange(len(tree.calls))
    calls: Indices = rows[events["call"]]
    return calls


def _first_in_time(events: NDArray[np.void], rows: Indices, max_lines: int | None) -> Indices:
    """Merge the threads by time, as far as needed; a thread's own order stands, also where its clock went back."""
    bounds = np.flatnonzero(np.diff(events["thread"][rows])) + 1
    heads = [part[:max_lines] for part in np.split(rows, bounds)]
    times = [np.maximum.accumulate(events["t_ns"][head]) for head in heads]
    merged: Indices = np.concatenate(heads)[np.argsort(np.concatenate(times), kind="stable")]
    return merged[:max_lines]


def _columns(
    events: NDArray[np.void], tree: CallTree, rows: Indices, depths: NDArray[np.uint32], show_times: bool
) -> list[list[str]]:
    columns = [_column("event", [_KIND_NAMES[kind] for kind in events["kind"][rows].tolist()])]
    if len(tree.threads) > 1:
        names = [printable(thread.name) for thread in tree.threads]
        columns.insert(0, _column("thread", [names[index] for index in events["thread"][rows].tolist()]))
    if show_times:
        offsets = (events["t_ns"][rows] - events["t_ns"].min()).tolist()
        columns.insert(0, _column("seconds", [f"{t_ns // _NS_PER_S}.{t_ns % _NS_PER_S:09}" for t_ns in offsets], ">"))
    columns.append(_column("depth", list(map(str, depths.tolist())), ">"))
    return columns


def _functions(
    events: NDArray[np.void], tree: CallTree, rows: Indices, depths: NDArray[np.uint32], values: CallValues | None
) -> Iterator[str]:
    """Name the functions, each as far to the right as it is deep, with what was recorded of its values."""
    of_events = (rows, depths, events["kind"][rows], events["code"][rows])
    for row, depth, kind, code in zip(*(column.tolist() for column in of_events), strict=True):
        function = tree.functions.get(code)
        name = printable(function.full_name) if function else UNKNOWN
        beside = printable(values.event(row, kind, code)) if values else ""
        yield "  " * min(depth, _MAX_INDENT) + name + beside


def _column(heading: str, cells: list[str], alignment: str = "<") -> list[str]:
    """Bring a column to one width."""
    width = max(map(len, (heading, *cells)))
    return [f"{cell:{alignment}{width}}" for cell in (heading, *cells)]
