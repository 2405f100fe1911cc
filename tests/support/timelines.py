"""Time lines of drawn trees: every call one segment on its thread's stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from callbox.model import CallTree
from callbox.render.steps import SpanSegments
from callbox.render.timeline import Timeline


@dataclass(frozen=True)
class WrittenStack:
    thread: int
    greenlet: int
    segments: SpanSegments


def timeline_of(tree: CallTree, task_parents: Mapping[tuple[int, int], int] | None = None) -> Timeline:
    """Make a time line of calls that nobody resumed."""
    rows = [np.flatnonzero(tree.calls["thread"] == thread) for thread in range(len(tree.threads))]
    stacks = tuple(WrittenStack(thread, 0, segments_of(tree, chosen)) for thread, chosen in enumerate(rows))
    return Timeline(tree, stacks, task_parents or {})


def segments_of(tree: CallTree, rows: np.ndarray) -> SpanSegments:
    calls = tree.calls[rows]
    depths = calls["depth"].astype(np.int32)
    return SpanSegments(calls["t_start_ns"].copy(), calls["t_end_ns"].copy(), depths, rows.astype(np.int32))


class SpokenValues:
    """Values for tests: call `r` was given `x='<r>'` and returned `r`, or raised `Oops(r)`."""

    def __init__(self, tree: CallTree) -> None:
        self.identity = np.arange(len(tree.calls), dtype=np.uint64)
        self._raised = (tree.calls["outcome"] == 2).tolist()

    def arguments(self, row: int) -> str:
        return f"x='{row}'"

    def outcome(self, row: int) -> str:
        return f"Oops({row})" if self._raised[row] else str(row)

    def details(self, row: int) -> dict[str, object]:
        raised = self._raised[row]
        return {
            "arguments": {"x": f"'{row}'"},
            "result": None if raised else str(row),
            "exception": f"Oops({row})" if raised else None,
        }

    def event(self, event: int, kind: int, code: int) -> str:
        return ""
