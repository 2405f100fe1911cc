"""Segments, the stretches of time that calls were on a stack, as those who write time lines ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from callbox.model import CallTree, Thread


class Segments(Protocol):
    """Segments of one stack, in order of start, callers first; columns of shape `(n_segments,)`."""

    @property
    def start_ns(self) -> NDArray[np.int64]:
        """When it began, since the epoch."""

    @property
    def end_ns(self) -> NDArray[np.int64]:
        """When it ended."""

    @property
    def depth(self) -> NDArray[np.int32]:
        """Segments below it on its stack."""

    @property
    def row(self) -> NDArray[np.int32]:
        """Row of its call in the tree."""


class Stack(Protocol):
    """What one thread or one greenlet did."""

    @property
    def thread(self) -> int:
        """Position in the tree's threads."""

    @property
    def greenlet(self) -> int:
        """As in a call's `task`; 0 for what ran in no greenlet."""

    @property
    def segments(self) -> Segments:
        """What was on the stack, and when."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What ran when, for those who write it."""

    tree: CallTree
    stacks: Sequence[Stack]
    task_parents: Mapping[tuple[int, int], int]
    """By process and task: the number of the task that made it; 0 if none did."""


def stack_name(stack: Stack, threads: Sequence[Thread], *, with_process: bool = False) -> str:
    """Name a stack by its thread, and by its process and its greenlet where there are such."""
    thread = threads[stack.thread]
    name = thread.name or f"thread {thread.native_id}"
    name += f", greenlet {stack.greenlet & 0x7FFFFFFF}" if stack.greenlet else ""
    return f"{name} (process {thread.process_id})" if with_process else name


class Passage:
    """Begins and ends of segments, in the order in which they happened.

    Times cannot tell that order: a call may begin in the nanosecond in which another ends.

    Attributes:
        segment: shape `(2 * n,)`, the segment that begins or ends.
        is_begin: shape `(2 * n,)`.
        t_ns: shape `(2 * n,)`, never less than the one before.
    """

    def __init__(self, segments: Segments) -> None:
        n = len(segments.row)
        depths, ends = _nest(segments.depth)
        places = np.arange(n)
        begins = 2 * places - depths
        stops = 2 * ends - depths - 1
        self.segment = np.empty(2 * n, np.int64)
        self.segment[begins] = self.segment[stops] = places
        self.is_begin = np.zeros(2 * n, np.bool_)
        self.is_begin[begins] = True
        times = np.empty(2 * n, np.int64)
        times[begins], times[stops] = segments.start_ns, segments.end_ns
        # Where ends were lost, a call may seem to outlive its caller.
        self.t_ns = np.maximum.accumulate(times)


def _nest(depth: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each segment how many it lies inside of, and the first that is not inside of it."""
    n = len(depth)
    ends = np.full(n, n, np.int64)
    depths = np.empty(n, np.int64)
    open_segments: list[int] = []
    open_depths: list[int] = []
    for place, level in enumerate(depth.tolist()):
        while open_depths and open_depths[-1] >= level:
            ends[open_segments.pop()] = place
            open_depths.pop()
        depths[place] = len(open_segments)
        open_segments.append(place)
        open_depths.append(level)
    return depths, ends
