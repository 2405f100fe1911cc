"""The calls that were open at the end, each with what it had called last: a traceback with a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from callbox.model import CallTree, Outcome, Thread
from callbox.render.text import call_label, count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from callbox.render.values import CallValues

_MARKS = {
    Outcome.RAISED: " ✗ raised",
    Outcome.SUSPENDED: " ‖ suspended",
    Outcome.LOST: " ? end not recorded",
    Outcome.CUT: " ✂ cut to keep to the budget",
}
_VALUE_MARKS = {Outcome.RETURNED: " →", Outcome.RAISED: " ✗"}
_N_OUTERMOST = 3
"""Of a stack that is too deep to show whole: where it came from, then its innermost calls."""
_TIME_WIDTH = 8


def format_stacks(tree: CallTree, *, max_lines: int = 50, values: CallValues | None = None) -> str:
    """Write for each thread the calls that were open, outermost first, the newest last.

    Above a call stand those that its caller had made before it, as far as there
    is room: the newest of the innermost callers come first. An open call has the time since it began, another
    the time that it took.

    Args:
        tree: the calls.
        max_lines: lines of each thread.
        values: arguments and results, where they were recorded.
    """
    writer = _StackWriter(tree, max_lines, values)
    return "\n".join(writer.lines()) or "no calls were recorded"


class _StackWriter:
    """Writes the stacks of one tree."""

    def __init__(self, tree: CallTree, max_lines: int, values: CallValues | None) -> None:
        self._tree = tree
        self._calls = tree.calls
        self._max_lines = max_lines
        self._values = values
        self._is_open = tree.calls["outcome"] == Outcome.OPEN
        self._has_processes = len({thread.process_id for thread in tree.threads}) > 1

    def lines(self) -> Iterator[str]:
        threads = self._calls["thread"]
        for index, thread in enumerate(self._tree.threads):
            rows = np.flatnonzero(threads == index)
            if len(rows):
                yield from self._of_thread(thread, rows)

    def _of_thread(self, thread: Thread, rows: NDArray[np.intp]) -> Iterator[str]:
        stack = rows[self._is_open[rows]]
        yield self._heading(thread, len(stack))
        shown = stack
        if len(stack) > self._max_lines:
            shown = np.concatenate([stack[:_N_OUTERMOST], stack[len(stack) - self._max_lines + _N_OUTERMOST :]])
        history = self._history(rows, stack, self._max_lines - len(shown))
        parents = self._calls["parent"]
        yield from map(self._finished, history[parents[history] < 0].tolist())
        for position, row in enumerate(shown.tolist()):
            if position == _N_OUTERMOST and len(shown) < len(stack):
                yield f"{'':>{_TIME_WIDTH}}  … {count(len(stack) - len(shown), 'open call')} between"
            yield self._open(row)
            yield from map(self._finished, history[parents[history] == row].tolist())

    def _history(self, rows: NDArray[np.intp], stack: NDArray[np.intp], n_rows: int) -> NDArray[np.intp]:
        """Choose finished calls that open ones made, the newest, in order of time."""
        callers = np.append(stack, -1)
        finished: NDArray[np.intp] = rows[~self._is_open[rows] & np.isin(self._calls["parent"][rows], callers)]
        return finished[len(finished) - min(n_rows, len(finished)) :]

    def _heading(self, thread: Thread, n_open: int) -> str:
        process = f" of process {thread.process_id}" if self._has_processes else ""
        what = f"{count(n_open, 'open call')}, the newest last" if n_open else "no open calls"
        dropped = f"; {count(thread.n_dropped, 'earlier event')} dropped" if thread.n_dropped else ""
        return f"{printable(thread.name)}{process}: {what}{dropped}"

    def _open(self, row: int) -> str:
        function = self._tree.functions.get(int(self._calls["code"][row]))
        where = ""
        if function is not None and function.filename:
            where = f"  {printable(function.filename)}:{function.line_number}"
        return f"{self._time(row)}  {self._label(row)}{where}"

    def _finished(self, row: int) -> str:
        outcome = Outcome(self._calls["outcome"][row])
        text = printable(self._values.outcome(row)) if self._values else ""
        mark = f"{_VALUE_MARKS[outcome]} {text}" if text and outcome in _VALUE_MARKS else _MARKS.get(outcome, "")
        return f"{'':>{_TIME_WIDTH}}    · {self._label(row)}{mark}  {self._time(row).strip()}"

    def _label(self, row: int) -> str:
        arguments = self._values.arguments(row) if self._values else ""
        return call_label(self._tree.functions.get(int(self._calls["code"][row])), arguments)

    def _time(self, row: int) -> str:
        t_ns = int(self._calls["t_end_ns"][row] - self._calls["t_start_ns"][row])
        return f"{duration(max(0, t_ns)):>{_TIME_WIDTH}}"
