"""Several processes in one capture: one table of functions, one clock, the threads of all."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from callbox.engine.kernels import clock_map
from callbox.model import Capture, ClockReading, Function, ThreadCapture
from callbox.recording.liveness import is_running
from callbox.recording.parts import find_parts, read_process
from callbox.recording.slots import codes_of, with_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from callbox.model import Header
    from callbox.recording.parts import ProcessParts, RecordedProcess
    from callbox.recording.rings import Ring

KILLED = "killed or crashed: the program ended without closing the recording"
RUNNING = "still running"

_MAX_NS = 1 << 62
_UNKNOWN = Function(0, "<unknown>", "<unknown>", "", "", 0)
"""As the core calls a function that it has no id for."""


@dataclass(frozen=True, slots=True)
class Merger:
    """What a process and those it started have recorded."""

    capture: Capture
    ended: tuple[ProcessParts, ...] = ()
    """Files whose content the capture has."""
    n_running: int = 0
    """Processes that were still running: theirs it has not."""


def add_parts(capture: Capture, folder: Path) -> Capture:
    """Complete a box by the parts that lie beside it.

    A box that its program never closed gets everything from them; a closed one
    what processes recorded that were still running then.
    """
    if not folder.is_dir():
        return capture
    header = capture.header
    found, notes = find_parts(folder)
    running = [parts.process_id for parts in found if parts.is_running and parts.process_id != header.process_id]
    notes += tuple(f"process {number} is still running: what it recorded so far is here" for number in running)
    is_closed = header.is_complete
    processes = [read_process(parts, since_ns=0 if is_closed else header.started.monotonic_ns) for parts in found]
    if not is_closed:
        is_alive = is_running(header.process_id, header.started.epoch_ns)
        header = dataclasses.replace(header, exit_status=RUNNING if is_alive else KILLED)
    header = dataclasses.replace(header, notes=(*header.notes, *notes))
    return add_processes(dataclasses.replace(capture, header=header), processes)


def merge_ended(capture: Capture, folder: str, origins_ns: tuple[int, int]) -> Merger:
    """Add to the capture of a process whatever other processes of the recording have left in files.

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
    merged = add_processes(capture, [read_process(parts, since_ns) for parts in others])
    header = dataclasses.replace(merged.header, notes=(*merged.header.notes, *notes))
    return Merger(dataclasses.replace(merged, header=header), tuple(ended), len(running))


def add_processes(capture: Capture, processes: Sequence[RecordedProcess]) -> Capture:
    """Add what other processes recorded; threads that the capture has already are passed over."""
    table = _FunctionTable(capture.functions)
    known = {(thread.process_id, thread.native_id, thread.ident) for thread in capture.threads}
    threads = list(capture.threads)
    notes = list(capture.header.notes)
    added: list[Ring] = []
    for process in processes:
        rings = [ring for ring in process.rings if (ring.process_id, ring.native_id, ring.ident) not in known]
        notes += process.notes
        ids = table.map_ids(process.functions)
        if n_missing := len(_missing(rings, process.functions)):
            notes.append(f"the names of {n_missing} function(s) of process {process.process_id} are missing")
        threads += [_thread(ring, index, ids) for index, ring in enumerate(rings)]
        added += rings
    header = dataclasses.replace(_with_clock(capture.header, added), notes=tuple(notes))
    return Capture(header, table.functions(), tuple(threads))


class _FunctionTable:
    """Functions by id; the same function of two processes has one."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self._by_id = {function.id: function for function in functions}
        self._ids = {_key(function): function.id for function in self._by_id.values()}
        self._next_id = max(self._by_id, default=-1) + 1

    def map_ids(self, functions: Sequence[Function]) -> NDArray[np.uint32]:
        """Return the ids here by a process's ids; the last one stands for all that have no name."""
        unknown = self._take(_UNKNOWN)
        ids = np.full(max((function.id for function in functions), default=0) + 2, unknown, np.uint32)
        for function in functions:
            ids[function.id] = self._take(function)
        return ids

    def functions(self) -> tuple[Function, ...]:
        """Return all, in order of id."""
        return tuple(self._by_id[number] for number in sorted(self._by_id))

    def _take(self, function: Function) -> int:
        key = _key(function)
        if key not in self._ids:
            # A process's own id, where it is free: what a fork shares keeps its numbers.
            number = self._next_id if function.id in self._by_id else function.id
            self._next_id = max(self._next_id, number + 1)
            self._ids[key] = number
            self._by_id[number] = dataclasses.replace(function, id=number)
        return self._ids[key]


def _key(function: Function) -> tuple[str, str, str, str, int, bool]:
    return (
        function.module_name,
        function.qualified_name,
        function.name,
        function.filename,
        function.line_number,
        function.is_c,
    )


def _missing(rings: Iterable[Ring], functions: Iterable[Function]) -> set[int]:
    """Return the ids that slots name and no function has; 0 is the core's own for one it could not take in."""
    used = {number for ring in rings for number in np.unique(codes_of(ring.slots["word"])).tolist()}
    return used - {function.id for function in functions} - {_UNKNOWN.id}


def _thread(ring: Ring, index: int, ids: NDArray[np.uint32]) -> ThreadCapture:
    slots = ring.slots.copy()
    slots["word"] = with_codes(slots["word"], ids)
    return ThreadCapture(
        ident=ring.ident,
        native_id=ring.native_id,
        name="MainThread" if ring.native_id == ring.process_id else f"thread-{index}",
        process_id=ring.process_id,
        n_events=ring.n_events,
        ticks_high=ring.ticks_high,
        segments=(slots.view(np.uint8).data,),
        values=ring.values,
    )


def _with_clock(header: Header, rings: Sequence[Ring]) -> Header:
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
