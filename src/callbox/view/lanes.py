"""The lanes of the time line: one for each thread and greenlet, and one for each task."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.model import GREENLET, CallTree
from callbox.render.text import printable
from callbox.tracing.segments import Segments, Stack, find_stacks
from callbox.view.track import Track

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CO_COROUTINE = 0x80
THREAD, GREENLET_LANE, TASK = "thread", "greenlet", "task"


@dataclass
class Lane:
    """What one thread, greenlet or task did."""

    kind: str
    thread: int
    """Position in the recording's threads."""
    number: int
    """Of the task or greenlet; 0 for a thread."""
    segments: Segments
    """From level 0 on."""
    calls: NDArray[np.void]
    """All of the recording."""
    epoch_ns: int
    """Start of the recording's first call."""

    @cached_property
    def n_levels(self) -> int:
        """Levels of nesting."""
        return int(self.segments.depth.max()) + 1

    @cached_property
    def track(self) -> Track:
        """When its calls were on the stack."""
        return Track(self.segments, self.epoch_ns)

    @cached_property
    def waits(self) -> Track | None:
        """From begin to end, the calls of a task that were suspended meanwhile; None where there are none."""
        rows, first = np.unique(self.segments.row, return_index=True)
        resumed = self.calls["n_resumes"][rows] > 0
        if self.kind != TASK or not resumed.any():
            return None
        rows, first = rows[resumed], first[resumed]
        order = np.argsort(self.segments.start_ns[first], kind="stable")
        rows, first = rows[order], first[order]
        spans = Segments(self.segments.start_ns[first], self.calls["t_end_ns"][rows], self.segments.depth[first], rows)
        return Track(spans, self.epoch_ns)

    def describe(self, tree: CallTree) -> dict[str, Any]:
        """Return what the page needs to know before it asks for tiles."""
        thread = tree.threads[self.thread]
        first = int(self.segments.row[np.argmin(self.segments.depth)])
        return {
            "kind": self.kind,
            "thread": printable(thread.name),
            "process": thread.process_id,
            "number": self.number,
            "root": int(self.calls["code"][first]),
            "levels": self.n_levels,
            "dropped": thread.n_dropped,
            "start": int(self.segments.start_ns[0]) - self.epoch_ns,
            "end": int(self.segments.end_ns.max()) - self.epoch_ns,
        }


def find_lanes(events: NDArray[np.void], tree: CallTree) -> list[Lane]:
    """Return the lanes of a recording: threads and greenlets in order of thread, then tasks in order of start."""
    epoch_ns = int(tree.calls["t_start_ns"].min())
    stacks = find_stacks(events, tree.calls)
    lanes = [_stack_lane(stack, tree, epoch_ns) for stack in stacks]
    has_tasks = bool(((tree.calls["task"] > 0) & (tree.calls["task"] < GREENLET)).any())
    tasks = [
        lane for stack in stacks if has_tasks and not stack.greenlet for lane in _task_lanes(stack, tree, epoch_ns)
    ]
    tasks.sort(key=lambda lane: int(lane.segments.start_ns[0]))
    return lanes + tasks


def _stack_lane(stack: Stack, tree: CallTree, epoch_ns: int) -> Lane:
    kind = GREENLET_LANE if stack.greenlet else THREAD
    return Lane(kind, stack.thread, stack.greenlet & ~GREENLET, stack.segments, tree.calls, epoch_ns)


def _task_lanes(stack: Stack, tree: CallTree, epoch_ns: int) -> list[Lane]:
    """Split what a thread did by the task it did it for, each from level 0 on."""
    tasks = tree.calls["task"][stack.segments.row]
    if not tasks.any():
        return []
    order = np.argsort(tasks, kind="stable")
    numbers, firsts = np.unique(tasks[order], return_index=True)
    lanes = []
    for number, places in zip(numbers.tolist(), np.split(order, firsts[1:]), strict=True):
        if number:
            segments = _from_coroutine(stack.segments.take(places), tree)
            lanes.append(Lane(TASK, stack.thread, number, segments, tree.calls, epoch_ns))
    return lanes


def _from_coroutine(segments: Segments, tree: CallTree) -> Segments:
    """Leave out what lies below a task's first coroutine: the event loop, which is at work until another task runs."""
    codes = tree.calls["code"][segments.row]
    coroutines = [function.id for function in tree.functions.values() if function.code_flags & _CO_COROUTINE]
    own = np.flatnonzero(np.isin(codes, coroutines))
    depth = segments.depth
    lowest = int(depth[segments.row == segments.row[own[0]]].min()) if len(own) else int(depth.min())
    kept = segments.take(np.flatnonzero(depth >= lowest))
    return Segments(kept.start_ns, kept.end_ns, kept.depth - lowest, kept.row)
