"""Tasks on a time line: their coroutines as whole spans, their steps, and the arrows between steps."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import GREENLET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from callbox.model import CallTree
    from callbox.render.timeline import Timeline

_COROUTINE = 0x80 | 0x100  # co_flags: CO_COROUTINE, CO_ITERABLE_COROUTINE
Task = tuple[int, int]
"""Process and number: each process counts its own."""


@dataclass(frozen=True, slots=True)
class SpanSegments:
    """Calls from their start to their end, callers first; as `callbox.render.timeline.Segments` has it."""

    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    depth: NDArray[np.int32]
    row: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Spans:
    """The coroutines of one task."""

    process_id: int
    task: int
    segments: SpanSegments


@dataclass(frozen=True, slots=True)
class Arrow:
    """One end of an arrow: at a segment of a stack."""

    segment: int
    number: int
    """Of the arrow; its other end has the same."""
    is_source: bool


def find_spans(tree: CallTree) -> list[Spans]:
    """Return the coroutine calls of each task, in order of tasks."""
    rows = np.flatnonzero(_is_step_code(tree)[tree.calls["code"]] & _is_in_task(tree))
    by_task: defaultdict[Task, list[int]] = defaultdict(list)
    for row, task in zip(rows.tolist(), _tasks(tree, rows), strict=True):
        by_task[task].append(row)
    return [Spans(process_id, task, _span(tree, by_task[process_id, task])) for process_id, task in sorted(by_task)]


def _span(tree: CallTree, rows: Sequence[int]) -> SpanSegments:
    """Nest calls by time. One that outlives the call it began in, because others took it over, is cut there."""
    calls = tree.calls[np.array(rows)]
    ends: list[int] = []
    stack: list[int] = []
    depths: list[int] = []
    for start, end in zip(calls["t_start_ns"].tolist(), calls["t_end_ns"].tolist(), strict=True):
        while stack and stack[-1] <= start:
            stack.pop()
        depths.append(len(stack))
        stack.append(min(end, stack[-1]) if stack else end)
        ends.append(stack[-1])
    return SpanSegments(
        np.ascontiguousarray(calls["t_start_ns"]),
        np.array(ends, np.int64),
        np.array(depths, np.int32),
        np.array(rows, np.int32),
    )


def find_arrows(timeline: Timeline) -> dict[int, list[Arrow]]:
    """Return the arrows between the steps of tasks, by the place of the stack that they touch.

    A step is a segment in which the outermost coroutine of a task runs. An arrow leads from each to the next, and from
    the newest step of a task to the first step of another that it made.
    """
    steps = _find_steps(timeline)
    arrows: defaultdict[int, list[Arrow]] = defaultdict(list)
    number = 0
    for task in sorted(steps):
        chain = steps[task]
        origin = _step_before(steps.get((task[0], timeline.task_parents.get(task, 0)), ()), chain[0][0])
        before = [*([origin] if origin else []), *chain]
        for (_, source_stack, source), (_, stack, segment) in pairwise(before):
            number += 1
            arrows[source_stack].append(Arrow(source, number, is_source=True))
            arrows[stack].append(Arrow(segment, number, is_source=False))
    return dict(arrows)


def _step_before(chain: Sequence[tuple[int, int, int]], start_ns: int) -> tuple[int, int, int] | None:
    place = bisect_right(chain, (start_ns, -1, -1))
    return chain[place - 1] if place else None


def _find_steps(timeline: Timeline) -> Mapping[Task, list[tuple[int, int, int]]]:
    """Return start, stack and segment of each step, by task, in order of time."""
    tree = timeline.tree
    is_coroutine = _is_step_code(tree)[tree.calls["code"]] & _is_in_task(tree)
    parents = tree.calls["parent"]
    tasks = tree.calls["task"]
    has_coroutine_above = np.append(is_coroutine, False)[parents] & (np.append(tasks, np.uint32(0))[parents] == tasks)
    is_step = is_coroutine & ~has_coroutine_above
    found: defaultdict[Task, list[tuple[int, int, int]]] = defaultdict(list)
    for place, stack in enumerate(timeline.stacks):
        rows = stack.segments.row
        chosen = np.flatnonzero(is_step[rows])
        starts = stack.segments.start_ns[chosen].tolist()
        for start_ns, segment, task in zip(starts, chosen.tolist(), _tasks(tree, rows[chosen]), strict=True):
            found[task].append((start_ns, place, segment))
    for chain in found.values():
        chain.sort()
    return found


def _is_in_task(tree: CallTree) -> NDArray[np.bool_]:
    tasks = tree.calls["task"]
    is_in_task: NDArray[np.bool_] = (tasks > 0) & (tasks < GREENLET)
    return is_in_task


def _is_step_code(tree: CallTree) -> NDArray[np.bool_]:
    """Say by function id which are coroutine functions."""
    codes = tree.calls["code"]
    is_coroutine = np.zeros(int(codes.max(initial=0)) + 1, np.bool_)
    for number, function in tree.functions.items():
        if number < len(is_coroutine):
            is_coroutine[number] = bool(function.code_flags & _COROUTINE)
    return is_coroutine


def _tasks(tree: CallTree, rows: NDArray[np.integer]) -> list[Task]:
    threads = tree.calls["thread"][rows].tolist()
    tasks = tree.calls["task"][rows].tolist()
    return [(tree.threads[thread].process_id, task) for thread, task in zip(threads, tasks, strict=True)]
