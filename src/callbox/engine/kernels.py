"""Decoding and folding, by the C core, on NumPy arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callbox import _core
from callbox.model import CALL_FIELDS, EVENT_FIELDS, SLOT_FIELDS, Capture, ClockReading, EventKind, Thread

SLOT_DTYPE = np.dtype(list(SLOT_FIELDS))
EVENT_DTYPE = np.dtype(list(EVENT_FIELDS))
CALL_DTYPE = np.dtype(list(CALL_FIELDS))

_STARTS = (EventKind.CALL, EventKind.RESUME, EventKind.THROW, EventKind.C_CALL)
_MIN_BASELINE_NS = 1000


def clock_map(started: ClockReading, ended: ClockReading) -> tuple[int, int, float]:
    """Return `(ticks, epoch_ns, ns_per_tick)`: the line through two readings of the clock.

    The epoch is read once, at the start; the monotonic clock gives the rate, so
    a stepped wall clock bends nothing.
    """
    ticks = ended.ticks - started.ticks
    elapsed_ns = ended.monotonic_ns - started.monotonic_ns
    rate = elapsed_ns / ticks if ticks > 0 and elapsed_ns > _MIN_BASELINE_NS else 1.0
    return started.ticks, started.epoch_ns, rate


def decode_capture(capture: Capture) -> tuple[NDArray[np.void], NDArray[np.uint64] | None, tuple[Thread, ...]]:
    """Decode every thread's slots.

    Returns:
        Events of shape `(n_events,)` and EVENT_DTYPE, grouped by thread; cumulative
        allocation counters of shape `(n_events, 2)` or None; the threads.
    """
    clock = clock_map(capture.header.started, capture.header.ended)
    n_slots = sum(memoryview(s).nbytes // SLOT_DTYPE.itemsize for t in capture.threads for s in t.segments)
    events = np.empty(n_slots, EVENT_DTYPE)
    alloc = np.zeros((n_slots, 2), np.uint64) if capture.header.memory else None
    n_events = 0
    threads = []
    for index, thread in enumerate(capture.threads):
        rest = None if alloc is None else alloc[n_events:]
        n_here = _core.decode(thread.segments, thread.ticks_high, clock, index, events[n_events:].view(np.uint8), rest)
        n_events += n_here
        threads.append(
            Thread(
                thread.ident,
                thread.native_id,
                thread.name,
                thread.process_id,
                n_events=thread.n_events,
                n_dropped=max(0, thread.n_events - n_here),  # a box may claim anything
            )
        )
    return events[:n_events], None if alloc is None else alloc[:n_events], tuple(threads)


def fold_events(
    events: NDArray[np.void], alloc: NDArray[np.uint64] | None, t_end_ns: int
) -> tuple[NDArray[np.void], NDArray[np.uint64] | None]:
    """Fold decoded events into calls; writes `events["call"]`.

    Returns:
        Calls of shape `(n_calls,)` and CALL_DTYPE; bytes and blocks of each, shape
        `(n_calls, 2)`, or None.
    """
    kinds = events["kind"]
    n_starts = int(sum(np.count_nonzero(kinds == kind) for kind in _STARTS))
    calls = np.zeros(n_starts, CALL_DTYPE)
    call_alloc = None if alloc is None else np.zeros((n_starts, 2), np.uint64)
    n_calls = _core.fold(events.view(np.uint8), alloc, t_end_ns, calls.view(np.uint8), call_alloc)
    return calls[:n_calls], None if call_alloc is None else call_alloc[:n_calls]
