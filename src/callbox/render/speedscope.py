"""A recording as a speedscope file: one evented profile for each thread and greenlet.

Source: https://www.speedscope.app/file-format-schema.json
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import numpy as np

from callbox.render.text import UNKNOWN, printable
from callbox.render.timeline import Passage, stack_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callbox.model import CallTree
    from callbox.render.timeline import Timeline

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_CHUNK = 1 << 16


def write_speedscope(file: BinaryIO, timeline: Timeline, *, name: str) -> None:
    """Write a speedscope file; times are nanoseconds after the first call.

    Args:
        file: where to.
        timeline: what ran when.
        name: what to call the whole.
    """
    tree = timeline.tree
    encode = msgspec.json.Encoder().encode
    codes = np.unique(tree.calls["code"]).tolist()
    frames = np.zeros(codes[-1] + 1, np.int64)
    frames[codes] = np.arange(len(codes))
    head = {"$schema": _SCHEMA, "exporter": "callbox", "name": printable(name)}
    file.write(encode(head)[:-1] + b',"shared":{"frames":[\n')
    file.write(b",\n".join(encode(_frame(tree, code)) for code in codes) + b']},\n"profiles":[\n')
    epoch_ns = int(tree.calls["t_start_ns"].min())
    with_process = len({thread.process_id for thread in tree.threads}) > 1
    for number, stack in enumerate(timeline.stacks):
        passage = Passage(stack.segments)
        profile = {
            "type": "evented",
            "name": printable(stack_name(stack, tree.threads, with_process=with_process)),
            "unit": "nanoseconds",
            "startValue": int(passage.t_ns[0]) - epoch_ns,
            "endValue": int(passage.t_ns[-1]) - epoch_ns,
        }
        file.write(b",\n" * (number > 0) + encode(profile)[:-1] + b',"events":[\n')
        of_segment = frames[tree.calls["code"][stack.segments.row]]
        for lines in _events(passage, of_segment, epoch_ns):
            file.write(lines.encode())
        file.write(b"]}")
    file.write(b"\n]}\n")


def _frame(tree: CallTree, code: int) -> dict[str, Any]:
    function = tree.functions.get(code)
    if function is None:
        return {"name": UNKNOWN}
    frame: dict[str, Any] = {"name": printable(function.full_name)}
    if function.filename:
        frame |= {"file": printable(function.filename), "line": max(1, function.line_number)}
    return frame


def _events(passage: Passage, frames: np.ndarray[Any, np.dtype[np.int64]], epoch_ns: int) -> Iterator[str]:
    kinds = ("C", "O")
    for first in range(0, len(passage.segment), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        columns = zip(
            passage.is_begin[chunk].tolist(),
            frames[passage.segment[chunk]].tolist(),
            (passage.t_ns[chunk] - epoch_ns).tolist(),
            strict=True,
        )
        lines = ",\n".join(f'{{"type":"{kinds[begin]}","frame":{frame},"at":{at}}}' for begin, frame, at in columns)
        yield (",\n" if first else "") + lines
