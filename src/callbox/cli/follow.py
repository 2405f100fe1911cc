"""Looking at a program while it runs: its calls as they begin."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import click
import numpy as np

from callbox.render.text import call_label, count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from callbox.model import CallTree, ClockReading
    from callbox.recording import Recording

_PAUSE_S = 0.25
_MAX_INDENT = 30


def follow(box: str, *, glob: str | None, max_lines: int) -> None:
    """Print the calls of a program as they begin, until it ends.

    Args:
        box: the recording.
        glob: print functions that match alone.
        max_lines: lines for what happened between two looks; the rest is counted.

    Raises:
        FormatError: the box cannot be read.
    """
    from callbox.recording import open_recording
    from callbox.recording.merge import RUNNING

    seen = Seen()
    while True:
        began_s = time.monotonic()
        recording = seen.on_one_clock(open_recording(box))
        for line in seen.describe_new(recording, glob, max_lines):
            click.echo(line)
        if recording.header.is_complete or recording.header.exit_status != RUNNING:
            click.echo(f"ended: {printable(recording.header.exit_status)}")
            return
        # A recording that takes long to read is not read all the time.
        time.sleep(max(_PAUSE_S, 2 * (time.monotonic() - began_s)))


class Seen:
    """When the newest call began that each thread has shown."""

    def __init__(self) -> None:
        """Begin with none shown."""
        self._newest_ns: dict[tuple[int, int, int], int] = {}
        self._clock: tuple[ClockReading, ClockReading] | None = None

    def on_one_clock(self, recording: Recording) -> Recording:
        """Return a recording whose times are those of the first one: each look at a clock gives it another rate."""
        header = recording.header
        if self._clock is None and recording.capture.threads:
            self._clock = header.started, header.ended
        if self._clock is None:
            return recording
        started, ended = self._clock
        header = dataclasses.replace(header, started=started, ended=ended)
        return type(recording)(dataclasses.replace(recording.capture, header=header), recording.damage)

    def describe_new(self, recording: Recording, glob: str | None, max_lines: int) -> Iterator[str]:
        """Give a line for each call that began since this was asked last, in order of time; of many, the newest."""
        from callbox.tracing.selection import select_function

        tree = recording.tree if glob is None else select_function(recording.tree, glob)
        rows = self._take_new(tree)
        if len(rows) > max_lines:
            yield f"… {count(len(rows) - max_lines, 'call')} more"
        shown = rows[max(0, len(rows) - max_lines) :].tolist()
        values = recording.describe_values(tree)
        names = [printable(thread.name) for thread in tree.threads]
        width = max(map(len, names), default=0) if len(names) > 1 else 0
        for row in shown:
            call = tree.calls[row]
            t_ms = int(call["t_start_ns"]) // 1_000_000
            clock = time.strftime("%H:%M:%S", time.localtime(t_ms // 1000))
            thread = f"  {names[call['thread']]:{width}}" if width else ""
            indent = "  " * min(int(call["depth"]), _MAX_INDENT)
            arguments = values.arguments(row) if values else ""
            outcome = printable(values.outcome(row)) if values else ""
            label = call_label(tree.functions.get(int(call["code"])), arguments)
            yield f"{clock}.{t_ms % 1000:03}{thread}  {indent}{label}{f' → {outcome}' if outcome else ''}"

    def _take_new(self, tree: CallTree) -> NDArray[np.intp]:
        """Return the rows of calls that are new, in order of time."""
        starts = tree.calls["t_start_ns"]
        is_new = np.zeros(len(tree.calls), np.bool_)
        for index, thread in enumerate(tree.threads):
            key = thread.process_id, thread.native_id, thread.ident
            rows = np.flatnonzero(tree.calls["thread"] == index)
            newest_ns = self._newest_ns.get(key, -1)
            is_new[rows[starts[rows] > newest_ns]] = True
            if len(rows):
                self._newest_ns[key] = max(newest_ns, int(starts[rows].max()))
        new = np.flatnonzero(is_new)
        ordered: NDArray[np.intp] = new[np.argsort(starts[new], kind="stable")]
        return ordered
