"""The facade over the C core: one object that starts, stops and hands over a capture."""

from __future__ import annotations

import os
import platform
import sys
import threading
from typing import Protocol

from callbox import _core
from callbox.engine.budget import Spending, grant_budget
from callbox.engine.options import Options
from callbox.engine.quiet import Quiet
from callbox.engine.redaction import redact_command, tabulate
from callbox.errors import EngineError, RecordingError
from callbox.model import ArenaCapture, Capture, ClockReading, Function, Header, Level, ThreadCapture

_SLOT_BYTES = 8
_VALUE_BYTES_PER_EVENT = 16
"""Capacity of a thread's arena, by slot of its ring; scalars take none of it."""


def ring_bytes(options: Options) -> int:
    """About what a thread's ring takes of memory or disk: its slots, and in mode "trace" its values."""
    return options.max_events * (_SLOT_BYTES + (_VALUE_BYTES_PER_EVENT if options.mode == "trace" else 0))


class Recorder(Protocol):
    """What every engine offers; the oracle is its pure-Python twin."""

    @property
    def is_recording(self) -> bool:
        """Whether the hook is installed."""

    def start(self) -> None:
        """Install the hook in every thread of the process.

        Raises:
            EngineError: a foreign hook holds the slot.
        """

    def stop(self) -> None:
        """Remove the hook where it is still ours; what was recorded stays."""

    def clear(self) -> None:
        """Forget what was recorded."""

    @property
    def header(self) -> Header:
        """How the recording was made so far."""

    def capture(self) -> Capture:
        """Hand over what was recorded so far; it does not change when recording goes on."""

    def finish(self) -> Capture:
        """Stop for good, and hand over what was recorded, without a copy."""


def read_clock() -> ClockReading:
    """Read the event clock, the monotonic clock and the epoch together."""
    return ClockReading(*_core.clock())


def read_origin() -> ClockReading:
    """Return the clocks as they were when callbox was loaded, by this process or the one that it was forked from."""
    return ClockReading(*_core.clock(at_load=True))


def clock_name() -> str:
    """Name the event clock: "tsc", "cntvct" or "monotonic"."""
    return _core.clock_name()


def platform_name() -> str:
    """Name system, release and machine. `platform.platform()` would start a process, in the recorded one."""
    return "-".join((platform.system(), platform.release(), platform.machine()))


def function_table() -> tuple[Function, ...]:
    """Return the process-wide function table, ordered by id."""
    return tuple(Function(*row) for row in _core.functions())


class NativeRecorder:
    """A recorder that runs in the C core."""

    def __init__(self, options: Options, engine: str, folder: str | None = None) -> None:
        """Prepare a recording.

        Args:
            options: what to record.
            engine: the engine's name.
            folder: an existing folder for rings that outlive the process; None keeps them in memory.
        """
        self._options = options
        self._folder = folder
        self._engine = engine
        self._redaction = tabulate(options.redact) if options.mode == "trace" else None
        self._core = self._new_core()
        self._started: ClockReading | None = None
        self._ended: ClockReading | None = None
        self._has_budget = False

    def _new_core(self) -> _core.Recorder:
        options = self._options
        return _core.Recorder(
            self._engine,
            options,
            folder=self._folder,
            value_bytes=options.max_events * _VALUE_BYTES_PER_EVENT if options.mode == "trace" else 0,
            redaction=self._redaction,
        )

    @property
    def is_recording(self) -> bool:
        """Whether the hook is installed."""
        return self._core.is_recording

    @property
    def spending(self) -> Spending | None:
        """What recording costs at present; None without a budget, or before the first start."""
        if not self._has_budget:
            return None
        overhead, level, n_down, n_up = self._core.spending()
        return Spending(overhead, self._options.overhead_budget or 0.0, Level(level), n_down, n_up)

    def start(self) -> None:
        """Install the hook in every thread of the process."""
        if self._core.is_recording:
            raise RecordingError("this recorder is already recording: stop it first")
        reading = read_clock()
        try:
            if self._options.overhead_budget is not None and not self._has_budget:
                grant_budget(self._core, self._engine, self._options)
                self._has_budget = True
                reading = read_clock()
            self._core.start()
        except _core.EngineBusyError as busy:
            raise EngineError(f"engine {self._engine!r} cannot start: {busy}") from None
        self._started = self._started or reading
        self._ended = None

    def stop(self) -> None:
        """Remove the hook where it is still ours."""
        if not self._core.is_recording:
            return
        self._core.stop()
        self._ended = read_clock()

    def clear(self) -> None:
        """Forget what was recorded; a running recording goes on. Captures handed out keep what they show."""
        old, self._core = self._core, self._new_core()
        self._has_budget = False
        self._started = None
        if old.is_recording:
            self.start()
            old.stop()

    @property
    def header(self) -> Header:
        """How the recording was made so far."""
        with Quiet():
            return self._describe()

    def capture(self) -> Capture:
        """Hand over what was recorded; what that takes is not recorded itself."""
        with Quiet():
            return self._capture()

    def finish(self) -> Capture:
        """Stop for good, and hand over what was recorded, without a copy."""
        self.stop()
        return self._capture(is_over=True)

    def _describe(self) -> Header:
        ended = self._ended or read_clock()
        return Header(
            engine=self._engine,
            mode=self._options.mode,
            filters=self._options.filters,
            python=platform.python_version(),
            platform=platform_name(),
            command=redact_command(sys.argv, self._options.redact),
            process_id=os.getpid(),
            started=self._started or ended,
            ended=ended,
            c_calls=self._options.c_calls,
            memory=self._options.memory,
            max_events=self._options.max_events,
            max_depth=self._options.max_depth or 0,
            overhead_budget=self._options.overhead_budget or 0.0,
            notes=self._notes(),
        )

    def _capture(self, *, is_over: bool = False) -> Capture:
        header = self._describe()
        rows = self._core.snapshot(is_over)
        running = {thread.ident: thread.name for thread in threading.enumerate()}
        threads = tuple(
            ThreadCapture(
                ident=ident,
                native_id=native_id,
                name=name or running.get(ident, f"thread-{index}"),
                process_id=header.process_id,
                n_events=n_events,
                ticks_high=ticks_high,
                segments=runs,
                values=ArenaCapture.of_memory(*values),
            )
            for index, (ident, native_id, name, n_events, ticks_high, runs, values) in enumerate(rows)
        )
        n_forgotten, n_events = self._core.forgotten()
        if n_forgotten:
            threads += (ThreadCapture.of_forgotten(header.process_id, n_forgotten, n_events),)
        return Capture(header, function_table(), threads)

    def _notes(self) -> tuple[str, ...]:
        notes = [f"filter {pattern!r} matched no module" for pattern in self._core.unmatched_patterns()]
        if n_replaced := self._core.n_replaced():
            notes.append(f"the program replaced the hook in {n_replaced} thread(s); calls after that are missing")
        if n_named := self._core.n_named_values():
            were = "value was" if n_named == 1 else "values were"
            notes.append(
                f"{n_named:,} {were} only named, as keeping all would have taken more than an eighth of the time: "
                "--all-values, or all_values=True, keeps them"
            )
        n_threads, n_calls = self._core.n_unrecorded()
        if n_threads:
            notes.append(f"no memory for the rings of {n_threads} thread(s); their calls are missing")
        if self._core.has_lost_names():
            notes.append("the function log could not be written: should the program be killed, names will be missing")
        if n_calls:
            notes.append(
                f"{n_calls} call(s) too near the end of the C stack were not recorded, with all calls below them"
            )
        return tuple(notes)
