"""From a recording to the tree of its snapshot: calls chosen, written, ordered and folded."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from callbox.model import GREENLET
from callbox.render.text import UNKNOWN, printable
from callbox.snapshot.branches import Branch, Grove, fold, in_order
from callbox.snapshot.stable import stable_thread_name

if TYPE_CHECKING:
    from callbox.recording import Recording
    from callbox.snapshot.branches import Part
    from callbox.snapshot.labels import Labels
    from callbox.snapshot.selection import SelectedCalls

_COROUTINE = 0x80 | 0x100 | 0x200  # co_flags: coroutines, iterable ones, asynchronous generators


def build_parts(recording: Recording, chosen: SelectedCalls, labels: Labels, main_thread: int) -> tuple[Part, ...]:
    """Make the tree of a recording's calls.

    What runs at the same time as something else has no order of its own: the calls of tasks under one caller stand
    after the caller's own, and those of threads after all others, both ordered by what they are.

    Args:
        recording: the calls.
        chosen: those to take.
        labels: writes them.
        main_thread: identity of the thread whose calls keep their order.
    """
    builder = _Builder(recording, labels, chosen)
    return fold(builder.roots(main_thread))


class _Builder:
    """Makes branches of calls, what is called before its caller."""

    def __init__(self, recording: Recording, labels: Labels, chosen: SelectedCalls) -> None:
        calls = recording.tree.calls[chosen.rows]
        self._recording = recording
        self._labels = labels
        self._rows: list[int] = chosen.rows.tolist()
        self._parents: list[int] = chosen.parents.tolist()
        self._codes: list[int] = calls["code"].tolist()
        self._tasks: list[int] = calls["task"].tolist()
        self._threads: list[int] = calls["thread"].tolist()
        self._grove = Grove()

    def roots(self, main_thread: int) -> list[Branch]:
        """Make every branch; return those of the calls that nobody called, threads as calls of their own."""
        children: defaultdict[int, list[int]] = defaultdict(list)
        for position in range(len(self._rows) - 1, -1, -1):
            children[self._parents[position]].append(position)
        branches: list[Branch | None] = [None] * len(self._rows)
        for position in range(len(self._rows) - 1, -1, -1):
            called = children.pop(position, [])
            function = self._recording.functions.get(self._codes[position])
            name = function.full_name if function else UNKNOWN
            branches[position] = self._grove.branch(
                name, self._labels.of(self._rows[position]), self._ordered(position, called[::-1], branches)
            )
        return self._by_thread(children.pop(-1, [])[::-1], branches, main_thread)

    def _ordered(self, caller: int, called: list[int], branches: list[Branch | None]) -> list[Branch]:
        """Return what a call called: first what it called itself, then what tasks did meanwhile."""
        own: list[Branch] = []
        tasks: defaultdict[int, list[Branch]] = defaultdict(list)
        for position in called:
            branch = branches[position]
            assert branch is not None
            if self._is_concurrent(position, self._tasks[caller] if caller >= 0 else 0):
                tasks[self._tasks[position]].append(branch)
            else:
                own.append(branch)
        if not tasks:
            return own
        first, *others = tasks.values()
        others.sort(key=lambda unit: [(branch.label, branch.digest) for branch in unit])
        return own + first + [branch for unit in others for branch in unit]

    def _is_concurrent(self, position: int, task: int) -> bool:
        """Say whether a call runs in another task than its caller, which others may run beside."""
        if self._tasks[position] == task:
            return False
        function = self._recording.functions.get(self._codes[position])
        return bool(self._tasks[position] & GREENLET or (function and function.code_flags & _COROUTINE))

    def _by_thread(self, roots: list[int], branches: list[Branch | None], main_thread: int) -> list[Branch]:
        threads = self._recording.tree.threads
        by_thread: defaultdict[int, list[int]] = defaultdict(list)
        for position in roots:
            by_thread[self._threads[position]].append(position)
        main: list[Branch] = []
        others: defaultdict[str, list[list[Branch]]] = defaultdict(list)
        for index, positions in by_thread.items():
            ordered = self._ordered(-1, positions, branches)
            if threads[index].ident == main_thread:
                main += ordered
            else:
                others[threads[index].name].append(ordered)
        merged: defaultdict[str, list[list[Branch]]] = defaultdict(list)
        for name, units in others.items():
            merged[stable_thread_name(name)] += units
        return main + [self._thread(name, units, name in others) for name, units in sorted(merged.items())]

    def _thread(self, name: str, units: list[list[Branch]], has_own_name: bool) -> Branch:
        """Make a branch of a thread; of threads that are told apart by number alone, one branch together."""
        calls = [branch for unit in units for branch in unit]
        # Which of several workers did a job, and when, is chance.
        is_one = has_own_name and len(units) == 1
        label = f"thread {printable(name)}"
        return self._grove.branch(label, label, calls if is_one else in_order(calls))
