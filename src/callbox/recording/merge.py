"""Several processes in one capture: one table of functions, one clock, the threads of all."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from callbox.engine.kernels import clock_map
from callbox.model import ArenaCapture, Capture, ClockReading, ThreadCapture
from callbox.recording.deferred import Deferred
from callbox.recording.functions import UNKNOWN, FunctionTable
from callbox.recording.liveness import is_running
from callbox.recording.parts import find_parts
from callbox.recording.processes import read_process
from callbox.recording.slots import bridge, step_high, sum_turns, with_codes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from callbox.model import Function, Header
    from callbox.recording.parts import ProcessParts
    from callbox.recording.processes import RecordedProcess
    from callbox.recording.rings import Ring

KILLED = "killed or crashed: the program ended without closing the recording"
RUNNING = "still running"

_MAX_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class BoxContents:
    """What a box holds, and where its threads came from."""

    capture: Capture
    damage: tuple[str, ...] = ()
    """What is missing, a sentence each."""
    sources: tuple[tuple[str, int], ...] = ()
    """For each thread the name of the ring file that it was taken out of, if any, and how many of that ring's slots."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What lies beside a box."""

    is_present: bool
    processes: tuple[RecordedProcess, ...] = ()
    running: tuple[int, ...] = ()
    """Ids of the processes that may record more."""
    notes: tuple[str, ...] = ()


class RingClock(Protocol):
    """What a ring says of time."""

    @property
    def origin(self) -> ClockReading:
        """When the process loaded callbox, or the one that it was forked from."""

    @property
    def first(self) -> ClockReading:
        """When the ring was made."""

    @property
    def newest_ticks(self) -> int:
        """The clock at the newest event."""


@dataclass(frozen=True, slots=True)
class Merger:
    """What a process and those it started have recorded."""

    capture: Capture
    ended: tuple[ProcessParts, ...] = ()
    """Files whose content the capture has."""
    n_running: int = 0
    """Processes that were still running: theirs it has not."""


def read_parts(folder: Path) -> Parts:
    """Copy what the processes of a recording have left beside their box, or put there so far."""
    if not os.path.isdir(folder):  # noqa: PTH112
        return Parts(False)
    found, notes = find_parts(folder)
    running = tuple(parts.process_id for parts in found if parts.is_running)
    return Parts(True, tuple(read_process(parts) for parts in found), running, notes)


def add_parts(contents: BoxContents, parts: Parts) -> Capture:
    """Complete a box by the parts that lie beside it.

    A box that its program never closed gets everything from them; a closed one
    what processes recorded that were still running then.
    """
    if not parts.is_present:
        return contents.capture
    header = contents.capture.header
    notes = parts.notes + tuple(
        f"process {number} is still running: what it recorded so far is here"
        for number in parts.running
        if number != header.process_id
    )
    since_ns = 0 if header.is_complete else header.started.monotonic_ns
    if not header.is_complete:
        # One that others have handed the box over to may have been started after it.
        is_alive = header.process_id in parts.running or is_running(header.process_id, header.started.monotonic_ns)
        header = dataclasses.replace(header, exit_status=RUNNING if is_alive else KILLED)
    header = dataclasses.replace(header, notes=(*header.notes, *notes))
    capture = dataclasses.replace(contents.capture, header=header)
    return add_processes(capture, [process.since(since_ns) for process in parts.processes], contents.sources)


def merge_ended(capture: Capture, folder: str, origins_ns: tuple[int, int]) -> Merger:
    """Add to the capture of a process whatever other processes of the recording have left in files.

    What these hold stays there, and is read ring by ring when the capture is gone through.

    Args:
        capture: of the process that calls; what its own files hold is in it.
        folder: where the parts lie.
        origins_ns: the monotonic clock when the recording began, and when this process did.
    """
    found, notes = find_parts(Path(folder))
    own_id = capture.header.process_id
    since_ns, own_since_ns = origins_ns
    # Before it is read: what ends later may have written since.
    running = [parts for parts in found if parts.process_id != own_id and parts.is_running]
    ended = [parts for parts in found if parts not in running]
    others = [parts for parts in ended if parts.process_id != own_id or parts.nonce < own_since_ns]
    merged = add_processes(capture, [read_process(parts, is_held=False).since(since_ns) for parts in others])
    header = dataclasses.replace(merged.header, notes=(*merged.header.notes, *notes))
    return Merger(dataclasses.replace(merged, header=header), tuple(ended), len(running))


def add_processes(
    capture: Capture, processes: Sequence[RecordedProcess], sources: Sequence[tuple[str, int]] = ()
) -> Capture:
    """Add what other processes recorded.

    Args:
        capture: what there is already.
        processes: what to add. Threads that the capture has are passed over.
        sources: as in `BoxContents`, of the capture's threads: those get what their rings hold beyond it.
    """
    table = FunctionTable(capture.functions)
    threads = list(capture.threads)
    by_source = {name: (index, n_slots) for index, (name, n_slots) in enumerate(sources) if name}
    known = {_identity(thread) for thread, (name, _) in zip(threads, sources, strict=False) if not name}
    known.update(_identity(thread) for thread in threads[len(sources) :])
    notes = list(capture.header.notes)
    added: list[Ring] = []
    for process in processes:
        rings = [ring for ring in process.rings if ring.name in by_source or _identity(ring) not in known]
        notes += process.notes
        ids = table.map_ids(process.functions)
        if n_missing := len(_missing(rings, process.functions)):
            notes.append(f"the names of {n_missing} function(s) of process {process.process_id} are missing")
        for index, ring in enumerate(rings):
            if ring.name in by_source:
                place, n_slots = by_source[ring.name]
                threads[place] = _extend(threads[place], n_slots, ring, ids)
            else:
                threads.append(_thread(ring, index, ids))
        added += rings
        if process.n_forgotten:
            forgotten = (process.n_forgotten, process.n_forgotten_events)
            threads.append(ThreadCapture.of_forgotten(process.process_id, *forgotten))
    header = dataclasses.replace(with_clock(capture.header, added), notes=tuple(notes))
    return Capture(header, table.functions(), tuple(threads))


def _identity(thread: ThreadCapture | Ring) -> tuple[int, int, int]:
    return thread.process_id, thread.native_id, thread.ident


def _missing(rings: Iterable[Ring], functions: Iterable[Function]) -> frozenset[int]:
    """Return the ids that slots name and no function has; 0 is the core's own for one it could not take in."""
    used = frozenset[int]().union(*(ring.codes for ring in rings))
    return used - {function.id for function in functions} - {UNKNOWN.id}


def name_thread(process_id: int, native_id: int, index: int) -> str:
    """Name a thread of which no name is known."""
    return "MainThread" if native_id == process_id else f"thread-{index}"


def _thread(ring: Ring, index: int, ids: NDArray[np.uint32]) -> ThreadCapture:
    deferred = Deferred(lambda: _renumbered(ring.slots(), ids))
    segments: Collection[memoryview] = deferred if ring.held_slots is None else tuple(deferred)
    return ThreadCapture(
        ident=ring.ident,
        native_id=ring.native_id,
        name=ring.thread_name or name_thread(ring.process_id, ring.native_id, index),
        process_id=ring.process_id,
        n_events=ring.n_events,
        ticks_high=ring.ticks_high,
        segments=segments,
        values=ring.values,
    )


def _extend(thread: ThreadCapture, n_slots: int, ring: Ring, ids: NDArray[np.uint32]) -> ThreadCapture:
    """Add to a thread what its ring holds beyond its first slots."""
    tail = ring.slots()[max(0, n_slots - ring.position) :]
    if not len(tail):
        return dataclasses.replace(thread, n_events=max(thread.n_events, ring.n_events))
    segments = [_renumbered(tail, ids)]
    if ring.position > n_slots:
        high = step_high(ring.ticks_high, -sum_turns(tail["word"]))
        segments.insert(0, memoryview(bridge(thread.ticks_high, high)))
    return dataclasses.replace(
        thread,
        n_events=ring.n_events,
        ticks_high=ring.ticks_high,
        segments=(*thread.segments, *segments),
        values=_join(thread.values, ring.values),
    )


def _renumbered(slots: NDArray[np.void], ids: NDArray[np.uint32]) -> memoryview:
    copy = slots.copy()
    copy["word"] = with_codes(copy["word"], ids)
    return copy.view(np.uint8).data


def _join(before: ArenaCapture, after: ArenaCapture) -> ArenaCapture:
    """Add to values whose positions are their offsets those that an arena has beyond."""
    n_before = max((start + len(piece) for start, piece in before.pieces), default=0)
    start = max(n_before, after.head - after.capacity)
    if start >= after.head:
        return before
    [(_, octets)] = after.pieces
    begin = start % after.capacity
    n_first = min(after.head - start, after.capacity - begin)
    new = octets[begin : begin + n_first] + octets[: after.head - start - n_first]
    return ArenaCapture(after.head, max(1, after.head), (*before.pieces, (start, new)))


def with_clock(header: Header, rings: Sequence[RingClock]) -> Header:
    """Let the recording last from its first ring to its newest event, at the rate of the readings farthest apart."""
    if not rings:
        return header
    firsts = [ring.first for ring in rings]
    readings = [header.started, header.ended, *(ring.origin for ring in rings), *firsts]
    earliest, latest = min(readings, key=_ticks), max(readings, key=_ticks)
    rate = clock_map(earliest, latest)[2]
    started = min((header.started, *firsts) if header.is_complete else firsts, key=_ticks)
    n_ticks = max(latest.ticks, *(ring.newest_ticks for ring in rings)) - started.ticks
    elapsed_ns = min(round(n_ticks * rate), _MAX_NS)
    ended = ClockReading(
        started.ticks + n_ticks, started.monotonic_ns + elapsed_ns, min(started.epoch_ns + elapsed_ns, _MAX_NS)
    )
    return dataclasses.replace(header, started=started, ended=ended)


def _ticks(reading: ClockReading) -> int:
    return reading.ticks
