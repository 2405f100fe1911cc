"""What the parts of a box hold, process by process."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callbox.recording.function_log import LogError, read_function_log
from callbox.recording.rings import RingError, read_ring

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from callbox.model import Function
    from callbox.recording.parts import ProcessParts
    from callbox.recording.rings import Ring


@dataclass(frozen=True, slots=True)
class RecordedProcess:
    """What the files of one process hold."""

    process_id: int
    rings: tuple[Ring, ...]
    """Those that hold anything, in the order in which they were made."""
    functions: tuple[Function, ...]
    notes: tuple[str, ...]
    """What is missing, a sentence each."""
    n_forgotten: int = 0
    """Threads that had ended, and whose rings were let go."""
    n_forgotten_events: int = 0
    """That those had recorded."""

    def since(self, since_ns: int) -> RecordedProcess:
        """Leave out rings of an earlier recording.

        Args:
            since_ns: the monotonic clock when this one began; a process that
                loaded callbox before belongs to an earlier one.
        """
        names = [ring.name for ring in self.rings if ring.origin.monotonic_ns < since_ns]
        notes = [f"the ring file {name!r} is left out: it is of an earlier recording" for name in names]
        rings = tuple(ring for ring in self.rings if ring.name not in names)
        return dataclasses.replace(self, rings=rings, notes=(*self.notes, *notes))


def read_process(parts: ProcessParts, *, is_held: bool = True) -> RecordedProcess:
    """Read what a process has recorded so far; `is_held` as in `read_ring`."""
    notes: list[str] = []
    rings: list[Ring] = []
    n_forgotten = n_forgotten_events = 0
    for path in parts.rings:
        try:
            ring = read_ring(path, is_held=is_held)
        except RingError as error:
            notes.append(f"the ring file {path.name!r} is left out: {error}")
            continue
        if ring.process_id != parts.process_id:
            notes.append(f"the ring file {path.name!r} is left out: it is of process {ring.process_id}")
        else:
            n_forgotten += ring.n_forgotten
            n_forgotten_events += ring.n_forgotten_events
            rings += [ring] if ring.n_slots else []
        if ring.n_unknown:
            notes.append(f"the ring file {path.name!r} is damaged: {ring.n_unknown} of its slots are left out")
    functions = _read_logs(parts.logs, notes) if rings else ()
    forgotten = (n_forgotten, n_forgotten_events)
    return RecordedProcess(parts.process_id, tuple(rings), functions, tuple(notes), *forgotten)


def _read_logs(paths: Iterable[Path], notes: list[str]) -> tuple[Function, ...]:
    functions: tuple[Function, ...] = ()
    for path in paths:
        try:
            functions, damage = read_function_log(path)
        except LogError as error:
            damage = str(error)
        if damage:
            notes.append(f"the function log {path.name!r} is damaged: {damage}")
    return functions
