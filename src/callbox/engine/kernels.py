"""Decoding and folding, by the C core, on NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from callbox import _core
from callbox.model import CALL_FIELDS, EVENT_FIELDS, SLOT_FIELDS, Capture, ClockReading, EventKind, Thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
        n_here = _core.decode(
            thread.segments, thread.ticks_high, clock, index, (events[n_events:].view(np.uint8), rest, None, None)
        )
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


def decode_values(capture: Capture) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Decode the frozen values beside the events of `decode_capture`.

    Returns:
        Payloads of shape `(n_values,)`, in the order of the events, as
        `callbox.values.frozen.Arena.thaw` takes them; and starts of shape
        `(n_events + 1,)`: event `i` has the payloads `starts[i]` to `starts[i + 1]`.
    """
    clock = clock_map(capture.header.started, capture.header.ended)
    all_payloads, all_starts = [], []
    n_values = 0
    for thread in capture.threads:
        n_slots = sum(memoryview(s).nbytes for s in thread.segments) // SLOT_DTYPE.itemsize
        events = np.empty(n_slots, EVENT_DTYPE)
        payloads = np.empty(n_slots, np.uint64)
        starts = np.empty(n_slots + 1, np.uint64)
        n_events = _core.decode(
            thread.segments, thread.ticks_high, clock, 0, (events.view(np.uint8), None, payloads, starts)
        )
        n_here = int(starts[n_events])
        all_payloads.append(payloads[:n_here])
        all_starts.append(starts[:n_events] + np.uint64(n_values))
        n_values += n_here
    all_starts.append(np.array([n_values], np.uint64))
    return np.concatenate([*all_payloads, np.empty(0, np.uint64)]), np.concatenate(all_starts)


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
