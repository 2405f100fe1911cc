"""How two snapshots differ, call by call, on one screen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.snapshot.lines import Line, read_lines
from callbox.tracing.align import align
from callbox.tracing.forest import Forest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

MAX_LINES = 40
_MAX_PATH_CHARS = 110
_MAX_TEXT_CHARS = 160
_HASH_MASK = (1 << 64) - 1
_MANY_LEVELS = 1 << 10


@dataclass(frozen=True, slots=True)
class Tree:
    """The lines of a snapshot, and under which line each one hangs; -1 for none."""

    lines: Sequence[Line]
    parents: Sequence[int]

    @classmethod
    def of(cls, text: str, known: dict[str, Line]) -> Tree:
        """Read a snapshot, with lines that are known from another."""
        lines = read_lines(text, known)
        stack: list[int] = []
        parents = []
        for row, line in enumerate(lines):
            del stack[line.level :]
            parents.append(stack[-1] if stack else -1)
            stack.append(row)
        return cls(lines, parents)

    def path(self, row: int) -> tuple[str, ...]:
        """Name the callers of a call, outermost first."""
        names = []
        while (row := self.parents[row]) >= 0:
            names.append(self.lines[row].name)
        return tuple(reversed(names))


@dataclass(frozen=True, slots=True)
class Change:
    """One call that differs.

    Attributes:
        kind: "added", "removed", "moved" or "changed".
        before: its line in the snapshot; None if it was added.
        after: its line now; None if it was removed.
        moment: orders changes by when they show: arguments when a call begins, results when it ends.
        tree: the tree that has the call; of two the new one.
        row: its row there.
        n_inside: calls inside it that share its fate.
    """

    kind: str
    before: Line | None
    after: Line | None
    moment: float
    tree: Tree
    row: int
    n_inside: int = 0

    @property
    def path(self) -> tuple[str, ...]:
        """The names of its callers, outermost first."""
        return self.tree.path(self.row)


@dataclass(frozen=True, slots=True)
class Difference:
    """How a tree of calls differs from its snapshot.

    Attributes:
        changes: in reading order.
        n_calls: how many calls there are of each kind, also those inside others.
    """

    changes: tuple[Change, ...]
    n_calls: dict[str, int]


def compare(before: str, after: str) -> Difference:
    """Compare two snapshots.

    Raises:
        FormatError: one of them is no tree of calls.
    """
    known: dict[str, Line] = {}
    return _Comparison(Tree.of(before, known), Tree.of(after, known)).difference()


def describe_difference(difference: Difference, *, max_lines: int = MAX_LINES) -> Iterator[str]:
    """Write a difference: where it begins, how much there is, and the changes; `-` is the snapshot, `+` is now."""
    if not difference.changes:
        yield "the calls are the same; the texts differ in white space"
        return
    first = min(difference.changes, key=lambda change: change.moment)
    yield "first difference" + (f" in {_write_path(first.path)}" if first.path else "") + ":"
    yield from _write_change(first)
    yield ""
    yield ", ".join(f"{n:,} {kind}" for kind, n in difference.n_calls.items() if n)
    room = max_lines - 6
    path: tuple[str, ...] = first.path
    others = [change for change in difference.changes if change is not first]
    for position, change in enumerate(others):
        lines = list(_write_change(change))
        if change.path != path:
            lines.insert(0, f"in {_write_path(change.path)}:" if change.path else "not called by another:")
        if room < len(lines):
            yield f"… {len(others) - position:,} more differences"
            return
        room -= len(lines)
        path = change.path
        yield from lines


class _Comparison:
    """Two trees, aligned."""

    def __init__(self, before: Tree, after: Tree) -> None:
        self._before, self._after = before, after
        labels: dict[str, int] = {}
        alignment = align(_forest(before, labels), _forest(after, labels))
        self._partners_a: list[int] = alignment.partners_a.tolist()
        self._partners_b: list[int] = alignment.partners_b.tolist()
        self._is_moved: list[bool] = alignment.is_moved.tolist()
        self._ends = _ends(after)

    def difference(self) -> Difference:
        """Find what differs, in the order of the lines now; what was removed stands where it was."""
        removed = self._removed_by_next()
        changes: list[Change] = []
        n_calls = dict.fromkeys(("changed", "added", "removed", "moved"), 0)
        for row, line in enumerate(self._after.lines):
            changes += removed.pop(row, ())
            partner = self._partners_b[row]
            if partner < 0:
                n_calls["added"] += 1
                if _is_top(self._after, row, self._partners_b):
                    n_inside = _n_inside(self._after, row, self._partners_b)
                    changes.append(Change("added", None, line, row, self._after, row, n_inside))
                continue
            before = self._before.lines[partner]
            if self._is_moved[row]:
                n_calls["moved"] += 1
                changes.append(Change("moved", before, line, row, self._after, row))
            if before.text != line.text:
                n_calls["changed"] += 1
                # A result shows after all that was called; what ends together, the innermost first.
                moment = self._ends[row] - line.level / _MANY_LEVELS if before.call == line.call else row
                changes.append(Change("changed", before, line, moment, self._after, row))
        for rest in removed.values():
            changes += rest
        n_calls["removed"] = sum(partner < 0 for partner in self._partners_a)
        return Difference(tuple(changes), n_calls)

    def _removed_by_next(self) -> dict[int, list[Change]]:
        """Return the calls that were removed, by the row of now before which they stood."""
        removed: defaultdict[int, list[Change]] = defaultdict(list)
        tree = self._before
        following = len(self._after.lines)
        for row in range(len(tree.lines) - 1, -1, -1):
            if self._partners_a[row] >= 0:
                following = self._partners_a[row]
            elif _is_top(tree, row, self._partners_a):
                n_inside = _n_inside(tree, row, self._partners_a)
                removed[following].insert(
                    0, Change("removed", tree.lines[row], None, self._moment_of(row, following), tree, row, n_inside)
                )
        return removed

    def _moment_of(self, row: int, following: int) -> float:
        """Return when it shows that a call is gone: before what follows begins, or its caller ends."""
        caller = self._before.parents[row]
        end = self._ends[self._partners_a[caller]] - 1 if caller >= 0 else len(self._after.lines)
        return min(following, end) - 0.5


def _ends(tree: Tree) -> list[int]:
    """Return for each call the first row that is not inside it."""
    ends = [row + 1 for row in range(len(tree.lines))]
    for row in range(len(ends) - 1, -1, -1):
        parent = tree.parents[row]
        if parent >= 0:
            ends[parent] = max(ends[parent], ends[row])
    return ends


def _is_top(tree: Tree, row: int, partners: Sequence[int]) -> bool:
    """Say whether the caller of a call that came or went has stayed."""
    parent = tree.parents[row]
    return parent < 0 or partners[parent] >= 0


def _n_inside(tree: Tree, row: int, partners: Sequence[int]) -> int:
    """Count the calls inside a call that share its fate."""
    n = 0
    for inner in range(row + 1, len(tree.lines)):
        if tree.lines[inner].level <= tree.lines[row].level:
            break
        n += partners[inner] < 0
    return n


def _forest(tree: Tree, labels: dict[str, int]) -> Forest:
    contents: NDArray[np.uint64] = np.array([hash(line.text) & _HASH_MASK for line in tree.lines], np.uint64)
    names = np.array([labels.setdefault(line.name, len(labels)) for line in tree.lines], np.int64)
    return Forest(np.array(tree.parents, np.int32), names, contents)


def _write_path(path: Sequence[str]) -> str:
    text = " › ".join(path)
    if len(text) <= _MAX_PATH_CHARS:
        return text
    return f"{path[0]} › … › " + " › ".join(path[-2:])


def _write_change(change: Change) -> Iterator[str]:
    inside = f" … with {change.n_inside:,} inside" if change.n_inside else ""
    if change.kind == "moved":
        assert change.after is not None
        yield f"  ~ {_clip(change.after.text)} moved here"
        return
    if change.before is not None:
        yield f"  - {_clip(change.before.text)}" + (inside if change.after is None else "")
    if change.after is not None:
        yield f"  + {_clip(change.after.text)}" + (inside if change.before is None else "")


def _clip(text: str) -> str:
    return text if len(text) <= _MAX_TEXT_CHARS else text[: _MAX_TEXT_CHARS - 1] + "…"
