"""Two call trees as one, around their differences: what both have is counted, what differs is shown in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.render.difference import ADDED, CHANGED, MOVED, REMOVED, SAME, Line
from callbox.render.preorder import preorder
from callbox.render.text import call_label, count, function_label, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from callbox.model import CallTree
    from callbox.render.values import CallValues
    from callbox.tracing.align import Alignment


@dataclass(frozen=True, slots=True)
class Change:
    """What of a call changed."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be shown: how calls pair, and which rows of b changed."""

    alignment: Alignment
    is_changed: NDArray[np.bool_]


class Party:
    """One of the trees, in reading order."""

    def __init__(self, tree: CallTree, values: CallValues | None) -> None:
        self.tree = tree
        self._values = values
        self._order = preorder(tree.calls["parent"])

    def callees(self, row: int) -> list[int]:
        """Return the rows of what a call called; of the roots for -1."""
        place = -1 if row < 0 else int(self._order.places[row])
        rows: list[int] = self._order.rows[self._order.children(place)].tolist()
        return rows

    def size(self, row: int) -> int:
        """Return how many calls a call made, itself included."""
        return int(self._order.sizes[self._order.places[row]])

    def label(self, row: int) -> str:
        """Write a call with its arguments and its outcome."""
        function = self.tree.functions.get(int(self.tree.calls["code"][row]))
        if self._values is None:
            return call_label(function)
        outcome = self._values.outcome(row)
        return call_label(function, self._values.arguments(row)) + (f" → {printable(outcome)}" if outcome else "")

    def thread(self, row: int) -> str:
        """Say in which thread a call was made, where there are several."""
        if len(self.tree.threads) == 1:
            return ""
        return f"in {printable(self.tree.threads[int(self.tree.calls['thread'][row])].name)}"

    def name(self, row: int) -> str:
        """Name a call's function; empty for what stands above the roots."""
        if row < 0:
            return ""
        return function_label(self.tree.functions.get(int(self.tree.calls["code"][row])))


def merge_lines(
    parties: tuple[Party, Party], marks: Marks, describe: Callable[[int], Change], max_lines: int
) -> tuple[list[Line], int]:
    """Write the calls around differences.

    Args:
        parties: the trees.
        marks: how they differ.
        describe: says what of a changed row of b changed.
        max_lines: lines to write.

    Returns:
        The lines, and how many more there are.
    """
    merger = _Merger(parties, marks, describe)
    lines: list[Line] = []
    n_left_out = 0
    for entry in merger.entries():
        if len(lines) < max_lines:
            lines.append(merger.line(entry))
        else:
            n_left_out += 1
    return lines, n_left_out


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line to be: of a row of one side, or of several rows alike."""

    kind: str
    level: int
    row: int
    n_calls: int


class _Merger:
    def __init__(self, parties: tuple[Party, Party], marks: Marks, describe: Callable[[int], Change]) -> None:
        self._a, self._b = parties
        self._marks = marks
        self._describe = describe
        self._partners_a, self._partners_b = marks.alignment.partners_a, marks.alignment.partners_b
        self._is_stirred = self._find_stirred()

    def _find_stirred(self) -> NDArray[np.bool_]:
        """Mark the rows of b at or inside of which something differs, and in the end the place above the roots."""
        parents_b = self._b.tree.calls["parent"]
        stirred = np.zeros(len(parents_b) + 1, np.bool_)
        seeds = np.flatnonzero((self._partners_b < 0) | self._marks.alignment.is_moved | self._marks.is_changed)
        parents_a = self._a.tree.calls["parent"]
        gone = np.flatnonzero(self._partners_a < 0)
        # What was removed, or moved away, stirs the call that stays without it.
        callers = np.append(self._partners_a, -1)[parents_a[gone]]
        for row in (*seeds.tolist(), *callers.tolist()):
            while not stirred[row]:
                stirred[row] = True
                if row < 0:
                    break
                row = int(parents_b[row])
        return stirred

    def entries(self) -> Iterator[_Entry]:
        """Give what is to be shown, in reading order, without recursion: traces nest deeper than Python may."""
        if not self._is_stirred[-1]:
            return
        stack = [self._below(-1, 0)]
        while stack:
            entry = next(stack[-1], None)
            if entry is None:
                stack.pop()
                continue
            yield entry
            if entry.kind not in (REMOVED, SAME) or (entry.kind == SAME and entry.row >= 0):
                stack.append(self._below(entry.row, entry.level + 1))

    def _below(self, caller: int, level: int) -> Iterator[_Entry]:
        """Give the callees of a call of b, and what its partner called besides, each where it was."""
        gone = self._gone(caller)
        n_same = 0
        for row in self._b.callees(caller):
            partner = int(self._partners_b[row])
            removed = gone.pop(partner, []) if partner >= 0 and not self._marks.alignment.is_moved[row] else []
            if not removed and not self._is_stirred[row]:
                n_same += self._b.size(row)
                continue
            if n_same:
                yield _Entry(SAME, level, -1, n_same)
                n_same = 0
            yield from (_Entry(REMOVED, level, one, self._n_removed(one)) for one in removed)
            if self._is_stirred[row]:
                yield _Entry(self._kind(row), level, row, 1)
            else:
                n_same += self._b.size(row)
        if n_same:
            yield _Entry(SAME, level, -1, n_same)
        for rest in gone.values():
            yield from (_Entry(REMOVED, level, one, self._n_removed(one)) for one in rest)

    def _gone(self, caller: int) -> dict[int, list[int]]:
        """Return the removed callees of a call's partner by the row of a that they stood before; -1: before none.

        Of what was removed inside of something removed, nothing is said: it is counted.
        """
        partner = int(self._partners_b[caller]) if caller >= 0 else -1
        if caller >= 0 and partner < 0:
            return {}
        found: dict[int, list[int]] = {}
        waiting: list[int] = []
        for row in self._a.callees(partner):
            if self._partners_a[row] < 0:
                waiting.append(row)
            elif waiting and not self._marks.alignment.is_moved[self._partners_a[row]]:
                found[row], waiting = waiting, []
        if waiting:
            found[-1] = waiting
        return found

    def _n_removed(self, row: int) -> int:
        """Count the removed calls in a removed call."""
        stack, n = [row], 0
        while stack:
            place = stack.pop()
            if self._partners_a[place] < 0:
                n += 1
                stack += self._a.callees(place)
        return n

    def _kind(self, row: int) -> str:
        if self._partners_b[row] < 0:
            return ADDED
        if self._marks.alignment.is_moved[row]:
            return MOVED
        return CHANGED if self._marks.is_changed[row] else SAME

    def line(self, entry: _Entry) -> Line:
        """Write an entry."""
        if entry.kind == SAME and entry.row < 0:
            return Line(SAME, entry.level, f"… {count(entry.n_calls, 'call')} the same", entry.n_calls)
        if entry.kind == REMOVED:
            notes = [f"and {count(entry.n_calls - 1, 'call')} in it"] if entry.n_calls > 1 else []
            notes += [where] if entry.level == 0 and (where := self._a.thread(entry.row)) else []
            return Line(REMOVED, entry.level, self._a.label(entry.row), entry.n_calls, _in_brackets(notes))
        return Line(entry.kind, entry.level, self._b.label(entry.row), 1, self._note(entry))

    def _note(self, entry: _Entry) -> str:
        notes = [where] if entry.level == 0 and (where := self._b.thread(entry.row)) else []
        if entry.kind == MOVED:
            caller_a = int(self._a.tree.calls["parent"][self._partners_b[entry.row]])
            caller_b = int(self._b.tree.calls["parent"][entry.row])
            stayed = caller_a >= 0 and self._partners_a[caller_a] == caller_b
            notes.append("in another order" if stayed else f"from {self._a.name(caller_a) or 'the outermost calls'}")
        if entry.kind != ADDED and self._marks.is_changed[entry.row]:
            change = self._describe(entry.row)
            notes.append(f"{change.what} was {change.before or 'not there'}")
        return _in_brackets(notes)


def _in_brackets(notes: list[str]) -> str:
    return f"({'; '.join(notes)})" if notes else ""
