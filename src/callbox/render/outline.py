"""Choosing the lines of a tree: a bounded number, spread fairly, with a count of what each leaves out."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from callbox.render.preorder import Indices, Preorder
    from callbox.render.repeats import Group

_TURN = 4
"""Groups that one call shows before it is the next one's turn."""


@dataclass(slots=True)
class Line:
    """A line of the tree: a call, and every equal call that is folded into it.

    Attributes:
        copies: places of all the calls it stands for; the first one is shown.
        n_times: how often it comes in a row.
        level: callers above it.
        n_hidden: calls inside it that no line stands for.
        parts: what is shown inside it: lines, and after the lines of a pattern how often that comes.
    """

    copies: Indices
    n_times: int
    level: int
    n_hidden: int
    parts: list[Line | Rounds] = field(default_factory=list)

    @property
    def place(self) -> int:
        """The place of the call that is shown."""
        return int(self.copies[0])


@dataclass(frozen=True, slots=True)
class Rounds:
    """Says of the lines before it that they come again and again."""

    n_lines: int
    n_rounds: int


@dataclass(slots=True)
class _Growth:
    line: Line
    groups: Iterator[Group]
    has_rest_line: bool = False
    """Whether a line is set aside to say what the others leave out."""


class Outline:
    """Grows lines, callers before what they call, until there are enough.

    Calls take turns, level by level, so that a limit shows the whole program
    from above and not its first loop in full.
    """

    def __init__(
        self, order: Preorder, fold: Callable[[Indices], Iterator[Group]], max_lines: int | None, max_levels: int
    ) -> None:
        """Set the limits.

        Args:
            order: the calls in reading order.
            fold: makes groups of neighbouring siblings, given by their places.
            max_lines: lines in all; None for no limit.
            max_levels: levels below which nothing is shown.
        """
        self._order = order
        self._fold = fold
        self._max_levels = max_levels
        self._n_left = math.inf if max_lines is None else max_lines
        self._queue: deque[_Growth] = deque()

    def add_heading(self, roots: Indices, *, n_lines: int) -> Line:
        """Begin with the root calls of a thread, under a heading that takes `n_lines` itself."""
        self._n_left -= n_lines
        heading = Line(np.zeros(1, np.int64), 1, -1, int(self._order.sizes[roots].sum()))
        if len(roots):
            self._queue.append(_Growth(heading, self._fold(roots)))
        return heading

    def grow(self) -> None:
        """Let the lines grow to the limits."""
        while self._queue:
            growth = self._queue.popleft()
            if self._take_turn(growth):
                self._queue.append(growth)

    def _take_turn(self, growth: _Growth) -> bool:
        """Show some of what a call called; say whether it has more and may go on."""
        if self._n_left + growth.has_rest_line < 1:
            return False
        line = growth.line
        for _ in range(_TURN):
            group = next(growth.groups)
            n_hidden = line.n_hidden - group.size * group.n_rounds
            has_rest_line = n_hidden > 0
            n_lines = len(group.runs) + (group.n_rounds > 1) + has_rest_line - growth.has_rest_line
            if n_lines > self._n_left:
                return False
            self._n_left -= n_lines
            growth.has_rest_line = has_rest_line
            line.n_hidden = n_hidden
            self._show(line, group)
            if not has_rest_line:
                return False
        return True

    def _show(self, parent: Line, group: Group) -> None:
        rounds = np.arange(group.n_rounds) * group.size
        for run in group.runs:
            offsets = (rounds[:, None] + np.arange(run.n_times) * run.size).ravel() + (run.place - parent.place)
            copies = (parent.copies[:, None] + offsets).ravel()
            line = Line(copies, run.n_times, parent.level + 1, run.size - 1)
            parent.parts.append(line)
            if line.n_hidden and line.level < self._max_levels - 1:
                self._queue.append(_Growth(line, self._fold(self._order.children(run.place))))
        if group.n_rounds > 1:
            parent.parts.append(Rounds(len(group.runs), group.n_rounds))
