"""Several recordings in one: a common clock, a common table of functions, the threads of all."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from callbox.engine.kernels import SLOT_DTYPE, clock_map
from callbox.model import Capture, ClockReading, EventKind, Header, ThreadCapture
from callbox.recording.functions import FunctionTable
from callbox.recording.slots import with_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_KIND_MASK = 0xFF
_KIND_BITS = 8
_LOW_BITS = 32
_LOW_MASK = (1 << _LOW_BITS) - 1
_TURN_MASK = 0xFFFFFF
_TURN_SIGN = 0x800000
_MODES = ("static", "profile", "trace")


def combine_captures(captures: Mapping[str, Capture]) -> Capture:
    """Put several recordings into one, as if one recorder had made them.

    Clocks of different machines and boots have nothing in common: times become nanoseconds since 1970, by each
    recording's own clock. Processes that have one number in several recordings get others.

    Args:
        captures: at least one, by what to call it in notes.
    """
    table = FunctionTable()
    threads: list[ThreadCapture] = []
    notes: list[str] = []
    taken: set[int] = set()
    for name, capture in captures.items():
        processes = _number_processes(capture, taken)
        changed = [f"process {old} of {name} is process {new} here" for old, new in processes.items() if old != new]
        notes += [*(f"{name}: {note}" for note in capture.header.notes), *changed]
        clock = clock_map(capture.header.started, capture.header.ended)
        ids = table.map_ids(capture.functions)
        threads += [
            dataclasses.replace(_on_common_clock(thread, clock, ids), process_id=processes[thread.process_id])
            for thread in capture.threads
        ]
    header = _combine_headers({name: capture.header for name, capture in captures.items()})
    return Capture(dataclasses.replace(header, notes=tuple(notes)), table.functions(), tuple(threads))


def _number_processes(capture: Capture, taken: set[int]) -> dict[int, int]:
    """Map a capture's processes to numbers that are free, their own where those are."""
    numbers = {}
    for process_id in dict.fromkeys(thread.process_id for thread in capture.threads):
        numbers[process_id] = process_id if process_id not in taken else max(taken) + 1
        taken.add(numbers[process_id])
    return numbers


def _on_common_clock(thread: ThreadCapture, clock: tuple[int, int, float], ids: NDArray[np.uint32]) -> ThreadCapture:
    """Write a thread's slots anew, in nanoseconds and with other function ids."""
    slots = np.concatenate([np.frombuffer(s, SLOT_DTYPE) for s in thread.segments] or [np.empty(0, SLOT_DTYPE)])
    kinds = slots["word"] & _KIND_MASK
    is_time = kinds == EventKind.TIME
    t_ns = _times(slots, is_time, thread.ticks_high, clock)[~is_time]
    kept, is_event = slots[~is_time], kinds[~is_time] < EventKind.TIME
    words = with_codes(kept["word"], ids)
    low = np.where(is_event, t_ns & _LOW_MASK, kept["ticks"]).astype(np.uint32)

    events = np.flatnonzero(is_event)
    high = t_ns[events] >> _LOW_BITS
    turns = np.diff(high)
    turned = np.flatnonzero(turns)
    # A turn comes before the event and its prefixes: right after the event before it.
    places = events[turned] + 1
    written = np.empty(len(words) + len(places), SLOT_DTYPE)
    written["word"] = np.insert(words, places, EventKind.TIME | (turns[turned] & _TURN_MASK) << _KIND_BITS)
    written["ticks"] = np.insert(low, places, 0)
    newest = int(high[-1]) if len(high) else clock[1] >> _LOW_BITS
    return dataclasses.replace(
        thread, segments=(written.view(np.uint8).data,) if len(written) else (), ticks_high=newest & _LOW_MASK
    )


def _times(
    slots: NDArray[np.void], is_time: NDArray[np.bool_], ticks_high: int, clock: tuple[int, int, float]
) -> NDArray[np.int64]:
    """Return nanoseconds since the epoch for each slot; of prefixes they mean nothing."""
    turns = np.where(is_time, slots["word"] >> _KIND_BITS, 0).astype(np.int64)
    turned = np.cumsum(np.where(is_time, (turns ^ _TURN_SIGN) - _TURN_SIGN, 0))
    high = ticks_high - (turned[-1:] - turned)
    start, epoch_ns, rate = clock
    # Differences first: a float has no room for all of a clock.
    ticks = (high - (start >> _LOW_BITS) << _LOW_BITS) + slots["ticks"].astype(np.int64) - (start & _LOW_MASK)
    t_ns: NDArray[np.int64] = epoch_ns + np.rint(ticks * rate).astype(np.int64)
    return t_ns


def _combine_headers(headers: Mapping[str, Header]) -> Header:
    rows = list(headers.values())
    started_ns = min(header.started.epoch_ns for header in rows)
    ended_ns = max(header.started.epoch_ns + header.ended.monotonic_ns - header.started.monotonic_ns for header in rows)
    return dataclasses.replace(
        rows[0],
        engine=_joined([header.engine for header in rows]),
        mode=max((header.mode for header in rows), key=_MODES.index),
        filters=rows[0].filters if len({header.filters for header in rows}) == 1 else (),
        python=_joined([header.python for header in rows]),
        platform=_joined([header.platform for header in rows]),
        started=ClockReading(started_ns, started_ns, started_ns),
        ended=ClockReading(ended_ns, ended_ns, ended_ns),
        c_calls=any(header.c_calls for header in rows),
        memory=any(header.memory for header in rows),
        is_complete=True,
        exit_status=_exit_status(headers),
    )


def _exit_status(headers: Mapping[str, Header]) -> str:
    statuses = {name: header.exit_status for name, header in headers.items()}
    if len(set(statuses.values())) == 1:
        return next(iter(statuses.values()))
    return "; ".join(f"{name}: {status or 'unknown'}" for name, status in statuses.items())


def _joined(words: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(words))
