"""When calls were on a stack: a call that nobody resumes is one segment, a generator's is one for each entry."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import GREENLET, EventKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STARTS = (EventKind.CALL, EventKind.RESUME, EventKind.THROW, EventKind.C_CALL)
_ENDS = (EventKind.RETURN, EventKind.UNWIND, EventKind.YIELD, EventKind.C_RETURN, EventKind.C_RAISE)
_STEPS = np.zeros(256, np.int8)
_STEPS[list(_STARTS)] = 1
_STEPS[list(_ENDS)] = -1


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of one stack, in order of start; columns of shape `(n_segments,)`."""

    start_ns: NDArray[np.int64]
    """Since the epoch."""
    end_ns: NDArray[np.int64]
    depth: NDArray[np.int32]
    """Segments below it on its stack."""
    row: NDArray[np.int32]
    """Of its call."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, places: NDArray[np.int64] | slice) -> Segments:
        """Return some of them."""
        return Segments(self.start_ns[places], self.end_ns[places], self.depth[places], self.row[places])


@dataclass(frozen=True, slots=True)
class Stack:
    """What one thread or one greenlet did."""

    thread: int
    """Position in the recording's threads."""
    greenlet: int
    """As in a call's `task`; 0 for what ran in no greenlet."""
    segments: Segments


def find_stacks(events: NDArray[np.void], calls: NDArray[np.void]) -> list[Stack]:
    """Find the segments of every stack, in order of thread.

    Args:
        events: of a recording, grouped by thread.
        calls: folded from them.
    """
    threads = np.ascontiguousarray(calls["thread"])
    event_threads = np.ascontiguousarray(events["thread"])
    calls_of, events_of = np.cumsum(np.bincount(threads)), np.cumsum(np.bincount(event_threads))

    def stacks_of(thread: int) -> list[Stack]:
        rows = np.arange(calls_of[thread - 1] if thread else 0, calls_of[thread], dtype=np.int32)
        here = events[events_of[thread - 1] if thread else 0 : events_of[thread]]
        return _thread_stacks(thread, here, calls, rows)

    # NumPy lets go of the interpreter's lock where the time is spent.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(stacks_of, np.flatnonzero(np.bincount(threads)).tolist())
        return list(itertools.chain.from_iterable(found))


def _thread_stacks(
    thread: int, events: NDArray[np.void], calls: NDArray[np.void], rows: NDArray[np.int32]
) -> list[Stack]:
    tasks = calls["task"][rows[0] : rows[-1] + 1]
    if tasks.max() < GREENLET:
        return [Stack(thread, 0, _segments(events, calls, rows))]
    greenlets = np.where(tasks >= GREENLET, tasks, 0)
    return [
        Stack(thread, greenlet, _segments(_events_of(events, calls, greenlet), calls, rows[greenlets == greenlet]))
        for greenlet in np.unique(greenlets).tolist()
    ]


def _events_of(events: NDArray[np.void], calls: NDArray[np.void], greenlet: int) -> NDArray[np.void]:
    """Keep the events of calls on one stack of a thread that has several."""
    rows = events["call"]
    tasks = np.append(calls["task"], np.uint32(0))[rows]
    chosen: NDArray[np.void] = events[(rows >= 0) & (np.where(tasks >= GREENLET, tasks, 0) == greenlet)]
    return chosen


def _segments(events: NDArray[np.void], calls: NDArray[np.void], rows: NDArray[np.int32]) -> Segments:
    """Return the segments of one stack.

    Args:
        events: of that stack, in order.
        calls: all of the recording.
        rows: the calls of that stack, ascending.
    """
    here = calls[rows[0] : rows[-1] + 1] if len(rows) == rows[-1] - rows[0] + 1 else calls[rows]
    resumed = here["n_resumes"] > 0
    if not resumed.any():
        return Segments(
            np.ascontiguousarray(here["t_start_ns"]),
            np.ascontiguousarray(here["t_end_ns"]),
            here["depth"].astype(np.int32),
            rows,
        )
    whole = ~resumed
    parts = _entries(events, calls, rows[resumed])
    joined = Segments(
        np.concatenate((here["t_start_ns"][whole], parts.start_ns)),
        np.concatenate((here["t_end_ns"][whole], parts.end_ns)),
        np.concatenate((here["depth"][whole].astype(np.int32), parts.depth)),
        np.concatenate((rows[whole], parts.row)),
    )
    # Both halves are in order, so that this is a merge.
    return joined.take(np.argsort(joined.start_ns, kind="stable"))


def _entries(events: NDArray[np.void], calls: NDArray[np.void], resumed: NDArray[np.int32]) -> Segments:
    """Return a segment for each entry of calls that were resumed, in order of start.

    Args:
        events: of their stack, in order.
        calls: all of the recording.
        resumed: rows of those calls, ascending.
    """
    rows = np.ascontiguousarray(events["call"])
    steps = _STEPS[events["kind"]]
    steps[rows < 0] = 0
    first = resumed[0]
    is_resumed = np.zeros(resumed[-1] - first + 2, np.bool_)  # the last is for all other calls
    is_resumed[resumed - first] = True
    places = np.where((rows >= first) & (rows <= resumed[-1]), rows - first, len(is_resumed) - 1)
    of_resumed = np.flatnonzero(is_resumed[places] & (steps != 0))
    by_call = of_resumed[np.argsort(rows[of_resumed], kind="stable")]
    is_start = steps[by_call] > 0
    starts = by_call[is_start]
    following = np.append(by_call, by_call[-1:])[np.flatnonzero(is_start) + 1]
    has_end = (steps[following] < 0) & (rows[following] == rows[starts])
    times = events["t_ns"]
    # What has no end of its own ended with its call: it is open, or its end was lost.
    ends = np.where(has_end, times[following], calls["t_end_ns"][rows[starts]])
    order = np.argsort(starts)
    starts = starts[order]
    depths = _depths(events["kind"], steps, starts, calls["depth"][rows])
    return Segments(times[starts], np.maximum(ends[order], times[starts]), depths, rows[starts])


def _depths(
    kinds: NDArray[np.uint8], steps: NDArray[np.int8], starts: NDArray[np.int64], call_depths: NDArray[np.uint32]
) -> NDArray[np.int32]:
    """Return how many activations lie below each of some starts.

    Starts and ends are counted. A call knows the depth at which it began, which puts the count right again where
    the recording lacks ends.

    Args:
        kinds: of every event of the stack.
        steps: what each changes of the depth.
        starts: places of events.
        call_depths: of each event's call.
    """
    before = np.cumsum(steps, dtype=np.int32) - steps
    known = np.flatnonzero((steps > 0) & ((kinds == EventKind.CALL) | (kinds == EventKind.C_CALL)))
    if not len(known):
        from_lowest: NDArray[np.int32] = before[starts] - before[starts].min()
        return from_lowest
    nearest = known[np.maximum(np.searchsorted(known, starts, side="right") - 1, 0)]
    depths: NDArray[np.int32] = before[starts] + call_depths[nearest].astype(np.int32) - before[nearest]
    return np.maximum(depths, 0)
