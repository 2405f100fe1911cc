"""A call tree as text, one line for each call."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import CallTree, Outcome, Thread
from callbox.render.outline import Line, Outline, Rounds
from callbox.render.preorder import Indices, preorder
from callbox.render.repeats import Group, Repeats, single_groups
from callbox.render.text import call_label, count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from callbox.render.values import CallValues

_BRANCH, _LAST_BRANCH = "├─ ", "└─ "
_TRUNK, _NO_TRUNK = "│  ", "   "
_OUTCOME_MARKS = {
    Outcome.OPEN: " ▸ still running",
    Outcome.RAISED: " ✗ raised",
    Outcome.SUSPENDED: " ‖ suspended",
    Outcome.LOST: " ? end not recorded",
    Outcome.CUT: " ✂ cut to keep to the budget",
}
_VALUE_MARKS = {Outcome.RETURNED: " →", Outcome.RAISED: " ✗"}
_PARTIAL_MARK = " ◂ began before the recording"
_TIME_WIDTH = 8


def format_tree(
    tree: CallTree,
    *,
    show_times: bool = False,
    fold_repeats: bool = True,
    max_lines: int | None = 1000,
    max_levels: int = 50,
    values: CallValues | None = None,
) -> str:
    """Write a call tree.

    Whatever a limit leaves out is counted in its place: `… 12,345 more calls`
    after the calls that are shown, `… 12,345 calls inside` a call whose own are not.

    Args:
        tree: the calls.
        show_times: begin each line with the time spent in the call and what it called; for a
            folded line, that of all the calls it stands for.
        fold_repeats: write equal neighbours once, `×1,000`, and so short patterns of neighbours.
        max_lines: lines in all; None for no limit. Outer calls come before inner ones.
        max_levels: levels of nesting to show.
        values: arguments and results, where they were recorded.
    """
    if not len(tree.calls) and not any(thread.n_dropped for thread in tree.threads):
        return "no calls were recorded"
    writer = _TreeWriter(tree, show_times, max_levels, values)
    return "\n".join(writer.lines(fold_repeats, max_lines))


class _TreeWriter:
    """Writes one tree; keeps the columns that lines are made of."""

    def __init__(self, tree: CallTree, show_times: bool, max_levels: int, values: CallValues | None) -> None:
        self._tree = tree
        self._max_levels = max_levels
        self._values = values
        self._order = preorder(tree.calls["parent"])
        self._codes = tree.calls["code"]
        self._outcomes = tree.calls["outcome"]
        self._is_partial = tree.calls["is_partial"]
        self._inclusive_ns = tree.calls["inclusive_ns"] if show_times else None
        self._margin = " " * (_TIME_WIDTH + 2) if show_times else ""

    def lines(self, fold_repeats: bool, max_lines: int | None) -> Iterator[str]:
        sections = self._sections()
        has_headings = len(sections) > 1
        n_shown = len(sections)
        if has_headings and max_lines is not None:
            # A heading may be two lines, and needs calls below it; one line tells of the threads left out.
            n_shown = min(n_shown, max_lines // 3)
            max_lines -= n_shown < len(sections)
        outline = Outline(self._order, self._grouping(fold_repeats), max_lines, self._max_levels)
        headings = [
            outline.add_heading(roots, n_lines=has_headings + (thread.n_dropped > 0))
            for thread, roots in sections[:n_shown]
        ]
        outline.grow()
        for (thread, _), heading in zip(sections, headings, strict=False):
            if has_headings:
                yield self._margin + printable(thread.name) + self._hidden_mark(heading)
            if thread.n_dropped:
                yield f"{self._margin}… {count(thread.n_dropped, 'earlier event')} dropped"
            yield from self._inside(heading, has_guides=has_headings)
        if n_shown < len(sections):
            n_calls = sum(int(self._order.sizes[roots].sum()) for _, roots in sections[n_shown:])
            more = count(len(sections) - n_shown, "more thread" if n_shown else "thread")
            yield f"{self._margin}… {more}, {count(n_calls, 'call')}"

    def _sections(self) -> list[tuple[Thread, Indices]]:
        """Pair the threads that have something to show with the places of their root calls."""
        roots = self._order.children(-1)
        threads = self._tree.calls["thread"][self._order.rows[roots]]
        bounds = np.searchsorted(threads, np.arange(len(self._tree.threads) + 1))
        pairs = zip(self._tree.threads, itertools.pairwise(bounds), strict=True)
        return [(thread, roots[i:j]) for thread, (i, j) in pairs if i < j or thread.n_dropped]

    def _grouping(self, fold_repeats: bool) -> Callable[[Indices], Iterator[Group]]:
        if not fold_repeats:
            return lambda siblings: single_groups(self._order, siblings)
        calls = self._tree.calls
        shared = (
            calls["code"].astype(np.uint64) << np.uint64(32) | calls["outcome"] << np.uint64(1) | calls["is_partial"]
        )
        keys = [shared[self._order.rows] | self._order.depths.astype(np.uint64) << np.uint64(4)]
        if self._values is not None:
            keys.append(self._values.identity[self._order.rows])
        return Repeats(self._order, keys).groups

    def _inside(self, heading: Line, has_guides: bool) -> Iterator[str]:
        """Write what is below a line; on a stack of our own, as calls nest deeper than Python's."""
        stack = self._entries(heading, "", has_guides)
        while stack:
            item, lead, inner_lead = stack.pop()
            if isinstance(item, Line):
                yield self._margin_of(item) + lead + self._describe(item)
                stack += self._entries(item, inner_lead, has_guides=True)
            else:
                yield self._margin + lead + item

    def _entries(self, line: Line, lead: str, has_guides: bool) -> list[tuple[Line | str, str, str]]:
        """Return what is inside a line, last first: item, what stands before it, and before what is inside it."""
        items = [part if isinstance(part, Line) else _describe_rounds(part) for part in line.parts]
        if line.n_hidden and (items or not has_guides):
            items.append(f"… {count(line.n_hidden, 'more call')}")
        if not has_guides:
            return [(item, "", "") for item in reversed(items)]
        entries = [(item, lead + _BRANCH, lead + _TRUNK) for item in items[:-1]]
        entries += [(item, lead + _LAST_BRANCH, lead + _NO_TRUNK) for item in items[-1:]]
        return entries[::-1]

    def _margin_of(self, line: Line) -> str:
        if self._inclusive_ns is None:
            return ""
        t_ns = int(self._inclusive_ns[self._order.rows[line.copies]].sum())
        return f"{duration(t_ns):>{_TIME_WIDTH}}  "

    def _describe(self, line: Line) -> str:
        row = int(self._order.rows[line.place])
        arguments = self._values.arguments(row) if self._values else ""
        label = call_label(self._tree.functions.get(int(self._codes[row])), arguments)
        times = f" ×{line.n_times:,}" if line.n_times > 1 else ""
        partial = _PARTIAL_MARK if self._is_partial[row] else ""
        return f"{label}{times}{self._outcome(row)}{partial}{self._hidden_mark(line)}"

    def _outcome(self, row: int) -> str:
        outcome = Outcome(self._outcomes[row])
        text = printable(self._values.outcome(row)) if self._values else ""
        if text and outcome in _VALUE_MARKS:
            return f"{_VALUE_MARKS[outcome]} {text}"
        return _OUTCOME_MARKS.get(outcome, "")

    def _hidden_mark(self, line: Line) -> str:
        """Say what a line leaves out altogether; what it shows in part is counted after that part."""
        if line.parts or not line.n_hidden:
            return ""
        if line.level < self._max_levels - 1:
            return f" … {count(line.n_hidden, 'call')} inside"
        depths = self._order.depths[line.place : line.place + line.n_hidden + 1]
        n_levels = int(depths.max() - depths[0])
        n_calls = "" if n_levels == line.n_hidden else f"{count(line.n_hidden, 'call')}, "
        return f" … {n_calls}{count(n_levels, 'level')} deeper"


def _describe_rounds(rounds: Rounds) -> str:
    return f"↻ the {rounds.n_lines} above ×{rounds.n_rounds:,}"
