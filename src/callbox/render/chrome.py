"""A recording as JSON of Chrome's trace event format, which chrome://tracing and Perfetto read.

Source: "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import numpy as np

from callbox.model import Outcome
from callbox.render.text import UNKNOWN, printable
from callbox.render.timeline import stack_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callbox.model import CallTree
    from callbox.render.timeline import Stack, Timeline
    from callbox.render.values import CallValues

_CHUNK = 1 << 16
_OUTCOMES = {int(outcome): outcome.name.lower() for outcome in Outcome if outcome != Outcome.RETURNED}


def write_chrome(file: BinaryIO, timeline: Timeline, *, values: CallValues | None = None) -> None:
    """Write a trace of complete events, one a line; times are microseconds after the first call.

    Args:
        file: where to.
        timeline: what ran when.
        values: arguments, results and exceptions, to stand among the arguments of each event; None if there are none.
    """
    encode = msgspec.json.Encoder().encode
    epoch_ns = int(timeline.tree.calls["t_start_ns"].min())
    file.write(b'{"displayTimeUnit":"ns","otherData":' + encode({"epoch_ns": epoch_ns}) + b',"traceEvents":[\n')
    file.write(b",\n".join(encode(event) for event in _metadata(timeline)))
    for number, stack in enumerate(timeline.stacks):
        for lines in _events(timeline.tree, stack, (number, epoch_ns), values):
            file.write(b",\n" + lines.encode())
    file.write(b"\n]}\n")


def _metadata(timeline: Timeline) -> Iterator[dict[str, Any]]:
    threads = timeline.tree.threads
    for process_id in dict.fromkeys(threads[stack.thread].process_id for stack in timeline.stacks):
        yield _named("process_name", process_id, 0, f"process {process_id}")
    for number, stack in enumerate(timeline.stacks):
        # A thread's own number may be that of another, later one: the format knows no other identity.
        yield _named("thread_name", threads[stack.thread].process_id, number + 1, stack_name(stack, threads))


def _named(kind: str, process_id: int, thread_id: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": process_id, "tid": thread_id, "args": {"name": printable(name)}}


def _events(tree: CallTree, stack: Stack, place: tuple[int, int], values: CallValues | None) -> Iterator[str]:
    """Give the events of a stack in chunks of lines."""
    number, epoch_ns = place
    beginnings = _beginnings(tree, stack, number)
    segments = stack.segments
    for first in range(0, len(segments.row), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        rows = segments.row[chunk]
        columns = zip(
            tree.calls["code"][rows].tolist(),
            ((segments.start_ns[chunk] - epoch_ns) / 1e3).tolist(),
            (np.maximum(segments.end_ns[chunk] - segments.start_ns[chunk], 0) / 1e3).tolist(),
            tree.calls["outcome"][rows].tolist(),
            rows.tolist(),
            strict=True,
        )
        if values is None:
            yield ",\n".join(
                f'{beginnings[code]}{start:.3f},"dur":{duration:.3f}{_ENDINGS[outcome]}'
                for code, start, duration, outcome, _ in columns
            )
        else:
            yield ",\n".join(
                f'{beginnings[code]}{start:.3f},"dur":{duration:.3f},"args":{_arguments(values, row, outcome)}}}'
                for code, start, duration, outcome, row in columns
            )


def _beginnings(tree: CallTree, stack: Stack, number: int) -> dict[int, str]:
    """Return by function id how its events begin, up to the time."""
    process_id = tree.threads[stack.thread].process_id
    beginnings = {}
    for code in np.unique(tree.calls["code"][stack.segments.row]).tolist():
        function = tree.functions.get(code)
        head = {
            "ph": "X",
            "pid": process_id,
            "tid": number + 1,
            "cat": ("c" if function.is_c else "python") if function else "unknown",
            "name": printable(function.full_name) if function else UNKNOWN,
        }
        beginnings[code] = msgspec.json.encode(head).decode()[:-1] + ',"ts":'
    return beginnings


def _arguments(values: CallValues, row: int, outcome: int) -> str:
    details = values.details(row)
    shown = {key: value for key, value in details.items() if value is not None}
    if outcome in _OUTCOMES:
        shown["outcome"] = _OUTCOMES[outcome]
    return msgspec.json.encode(_valid(shown)).decode()


def _valid(value: Any) -> Any:
    """Escape lone surrogates, which JSON cannot hold."""
    if isinstance(value, dict):
        return {_valid(key): _valid(item) for key, item in value.items()}
    return value.encode("utf-8", "backslashreplace").decode()


_ENDINGS = [
    f',"args":{{"outcome":"{_OUTCOMES[int(outcome)]}"}}}}' if int(outcome) in _OUTCOMES else "}" for outcome in Outcome
]
