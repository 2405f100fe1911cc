"""The collector: a process beside the recorded ones that moves what their rings hold into the box.

It stands outside of the program: no thread of ours is in it, and a program that
is killed leaves a collector that finishes the box.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from callbox.engine import read_clock
from callbox.model import Function, Header
from callbox.recording.function_log import FunctionLog, LogError
from callbox.recording.functions import FunctionTable
from callbox.recording.liveness import is_running
from callbox.recording.merge import KILLED, name_thread, with_clock
from callbox.recording.parts import ENDING, find_parts
from callbox.recording.slots import count_events, with_codes
from callbox.recording.tap import RingTap

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from callbox.model import ClockReading
    from callbox.recording.box import ThreadRow
    from callbox.recording.journal import Journal
    from callbox.recording.parts import ProcessParts

_MAX_AGE_S = 0.2
"""What does not fill its ring is taken when it is old."""
_MIN_PAUSE_S, _MAX_PAUSE_S = 0.001, 0.02
_HEADER_PERIOD_S = 1.0


class Ending(msgspec.Struct):
    """What the program tells of its end, when nothing more will be recorded in its process."""

    header: Header


class Status(msgspec.Struct):
    """What the collector tells of itself."""

    failure: str = ""
    """Why it stopped before the end."""
    is_finished: bool = False
    n_events: int = 0
    n_dropped: int = 0
    n_running: int = 0
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Process:
    """One process and what is known of its functions."""

    parts: ProcessParts
    log: FunctionLog
    functions: list[Function] = field(default_factory=list)
    ids: NDArray[np.uint32] | None = None
    """The box's ids by the process's own; None before any is known."""
    taps: list[_Thread] = field(default_factory=list)
    n_threads: int = 0
    """That it ever had."""
    has_ended: bool = False


@dataclass(slots=True)
class _Thread:
    number: int
    tap: RingTap
    process: _Process
    taken_s: float
    """When something was taken of it last."""
    index: int
    """Among those of its process."""

    def describe(self, *, is_last: bool = False) -> ThreadRow:
        """Return its row in the box."""
        name = self.tap.thread_name or name_thread(self.tap.process_id, self.tap.native_id, self.index)
        return self.tap.describe(self.number, name, is_last=is_last)


@dataclass(frozen=True, slots=True)
class _Clock:
    """What a ring that is gone said of time."""

    origin: ClockReading
    first: ClockReading
    newest_ticks: int


class Collector:
    """Empties the rings in a folder into a journal until the program has ended."""

    def __init__(self, folder: Path, journal: Journal, header: Header) -> None:
        """Prepare to collect.

        Args:
            folder: where processes make their rings.
            journal: the box.
            header: of the recording; its process is the program.
        """
        self._folder = folder
        self._journal = journal
        self._header = header
        self._table = FunctionTable()
        self._processes: dict[tuple[int, int], _Process] = {}
        self._known: set[str] = set()
        self._threads: list[_Thread] = []
        self._rows: dict[int, ThreadRow] = {}
        self._clocks: list[_Clock] = []
        self._notes: dict[str, None] = {}
        self._header_s = 0.0
        self._n_kept = 0

    def run(self) -> Status:
        """Collect until the program has ended, and finish the box.

        Returns:
            What there is in it.

        Raises:
            OSError: the box cannot be written any more; the rings keep what is newest.
        """
        pause_s = _MIN_PAUSE_S
        try:
            while True:
                ending = self._read_ending()
                goes_on = self._goes_on()
                is_over = ending is not None or not goes_on
                if self._find_rings() and is_over:
                    continue  # whether its process still runs is yet to be seen
                n_taken = self._take_all(ending, is_last=is_over)
                if is_over:
                    return self._finish(ending)
                self._tell_time()
                pause_s = _MIN_PAUSE_S if n_taken else min(2 * pause_s, _MAX_PAUSE_S)
                time.sleep(pause_s)
        finally:
            for thread in self._threads:
                thread.tap.release()

    def _read_ending(self) -> Ending | None:
        try:
            return msgspec.json.decode((self._folder / ENDING).read_bytes(), type=Ending)
        except FileNotFoundError:
            return None

    def _goes_on(self) -> bool:
        """Say whether the program, or a process that it started and that outlives it, may record more."""
        for process in self._processes.values():
            if not process.has_ended:
                process.has_ended = not process.parts.is_running
        return is_running(self._header.process_id, self._header.started.monotonic_ns) or any(
            not process.has_ended for process in self._processes.values()
        )

    def _find_rings(self) -> bool:
        """Open what is new; say whether any is not of a process that was seen to run."""
        running = {key for key, process in self._processes.items() if not process.has_ended}
        found, notes = find_parts(self._folder)
        self._notes.update(dict.fromkeys(notes))
        opened = {
            (parts.process_id, parts.nonce)
            for parts in found
            for path in parts.rings
            if path.name not in self._known and self._open(parts, path)
        }
        return not opened <= running

    def _open(self, parts: ProcessParts, path: Path) -> bool:
        """Open a ring; say whether it could be."""
        try:
            tap = RingTap(path)
        except (OSError, ValueError):
            return False  # it is just being made; or it stays what it is, and whoever reads the parts is told
        self._known.add(path.name)
        process = self._processes.get((parts.process_id, parts.nonce))
        if process is None:
            log = path.with_name(f"{parts.process_id}-{parts.nonce:x}.functions")
            process = _Process(parts, FunctionLog(log))
            self._processes[parts.process_id, parts.nonce] = process
        number = len(self._rows)
        thread = _Thread(number, tap, process, time.monotonic(), index=process.n_threads)
        process.n_threads += 1
        process.taps.append(thread)
        self._threads.append(thread)
        self._rows[number] = thread.describe()
        self._journal.add_threads([self._rows[number]])
        return True

    def _take_all(self, ending: Ending | None, *, is_last: bool) -> int:
        now_s = time.monotonic()
        n_taken = 0
        for thread in tuple(self._threads):
            is_own = ending is not None and thread.process.parts.process_id == ending.header.process_id
            has_ended = is_own or thread.process.has_ended or thread.tap.has_ended()
            try:
                is_due = is_last or has_ended or now_s - thread.taken_s > _MAX_AGE_S
                if is_due or thread.tap.is_filling():
                    n_taken += self._take(thread, is_last=has_ended)
                    thread.taken_s = now_s
            except ValueError as error:
                self._notes[f"the ring file {thread.tap.path.name!r} is damaged: {error}"] = None
                self._retire(thread)
                continue
            if has_ended:
                self._retire(thread)
                thread.tap.path.unlink(missing_ok=True)  # it is in the box
        return n_taken

    def _take(self, thread: _Thread, *, is_last: bool) -> int:
        draught = thread.tap.pull(is_last=is_last)
        ids = self._learn(thread.process)
        for position, octets in draught.values:
            self._journal.add_values(thread.number, position, octets)
        for block in draught.blocks:
            words = with_codes(block.slots["word"], ids)
            block.slots["word"] = words
            self._n_kept += count_events(words)
            self._journal.add_slots(thread.number, block.high, block.first, block.slots)
        thread.tap.confirm()
        return sum(len(block.slots) for block in draught.blocks)

    def _learn(self, process: _Process) -> NDArray[np.uint32]:
        """Read the names that a process has logged since; each is there before a slot that refers to it."""
        try:
            new = process.log.read_new()
        except LogError as error:
            self._notes[f"the function log {process.log.path.name!r} is damaged: {error}"] = None
            new = []
        if new or process.ids is None:
            process.functions += new
            process.ids = self._table.map_ids(process.functions)
            if added := self._table.pop_added():
                self._journal.add_functions(added)
        return process.ids

    def _retire(self, thread: _Thread) -> None:
        """Have done with a thread that has ended, or whose ring cannot be read."""
        tap = thread.tap
        self._rows[thread.number] = thread.describe(is_last=True)
        self._clocks.append(_Clock(tap.origin, tap.first, tap.newest_ticks))
        self._threads.remove(thread)
        thread.process.taps.remove(thread)
        tap.release()

    def _clock_of(self, header: Header) -> Header:
        return with_clock(header, [*self._clocks, *(thread.tap for thread in self._threads)])

    def _tell_time(self) -> None:
        """Write now and then how long the recording has lasted: readers of a box that is never finished need it."""
        now_s = time.monotonic()
        if now_s - self._header_s > _HEADER_PERIOD_S and self._n_kept:
            self._header_s = now_s
            header = self._clock_of(dataclasses.replace(self._header, ended=read_clock()))
            # Rings that are older than its start would be taken for another recording's.
            self._journal.add_header(dataclasses.replace(header, started=self._header.started))

    def _finish(self, ending: Ending | None) -> Status:
        """Write the tables whole, once more, and close the box."""
        for process in self._processes.values():
            is_own = ending is not None and process.parts.process_id == ending.header.process_id
            if not process.taps and (is_own or process.has_ended):
                process.log.path.unlink(missing_ok=True)
        for thread in self._threads:
            self._rows[thread.number] = thread.describe(is_last=True)
        header = dataclasses.replace(self._header, exit_status=KILLED) if ending is None else ending.header
        header = dataclasses.replace(self._clock_of(header), notes=(*header.notes, *self._notes))
        self._journal.add_functions(self._table.functions())
        self._journal.add_threads(self._rows[number] for number in sorted(self._rows))
        self._journal.add_header(header)
        self._journal.close()
        n_events = sum(row.n_events for row in self._rows.values())
        return Status(
            is_finished=True,
            n_events=n_events,
            n_dropped=max(0, n_events - self._n_kept),
            n_running=len({thread.process.parts.process_id for thread in self._threads}),
            notes=header.notes,
        )
