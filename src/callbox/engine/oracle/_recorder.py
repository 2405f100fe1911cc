"""The oracle behind the same protocol as every engine."""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
from typing import TYPE_CHECKING

from callbox.engine.oracle._log import EventLog
from callbox.engine.oracle._monitoring import MonitoringHook
from callbox.engine.oracle._trace import TraceHook
from callbox.engine.recorder import platform_name
from callbox.engine.redaction import redact_command
from callbox.errors import EngineError, RecordingError
from callbox.model import Capture, ClockReading, Header, ThreadCapture

if TYPE_CHECKING:
    from callbox.engine.options import Options


class OracleRecorder:
    """A recorder in pure Python: right, complete and slow."""

    def __init__(self, options: Options) -> None:
        """Prepare a recording.

        Raises:
            EngineError: allocations are to be counted, which Python cannot do.
        """
        if options.memory:
            raise EngineError("engine 'oracle' counts no memory: leave memory=True out, or choose another engine")
        self._options = options
        self._log = EventLog(options)
        hook = MonitoringHook if hasattr(sys, "monitoring") else TraceHook
        self._hook = hook(self._log, c_calls=options.c_calls)
        self._is_recording = False
        self._started: ClockReading | None = None
        self._ended: ClockReading | None = None
        self._names: dict[int, str] = {}
        self._was_replaced = False

    @property
    def is_recording(self) -> bool:
        """Whether the hook is installed."""
        return self._is_recording

    def start(self) -> None:
        """Install the hook.

        Raises:
            RecordingError: it is recording already.
            EngineError: a foreign hook holds the slot.
        """
        if self._is_recording:
            raise RecordingError("this recorder is already recording: stop it first")
        reading = _read_clock()
        self._log.begin_session()
        self._hook.install()
        self._is_recording = True
        self._started = self._started or reading
        self._ended = None

    def stop(self) -> None:
        """Remove the hook where it is still ours; what was recorded stays."""
        if not self._is_recording:
            return
        self._was_replaced |= not self._hook.remove()
        self._is_recording = False
        self._names |= _thread_names()
        self._ended = _read_clock()

    def clear(self) -> None:
        """Forget what was recorded; a running recording goes on."""
        self._log.clear()
        self._started = _read_clock() if self._is_recording else None

    @property
    def header(self) -> Header:
        """How the recording was made so far."""
        options = self._options
        ended = self._ended or _read_clock()
        return Header(
            engine="oracle",
            mode=options.mode,
            filters=options.filters,
            python=platform.python_version(),
            platform=platform_name(),
            command=redact_command(sys.argv, self._options.redact),
            process_id=os.getpid(),
            started=self._started or ended,
            ended=ended,
            c_calls=options.c_calls,
            max_events=options.max_events,
            max_depth=options.max_depth or 0,
            notes=self._notes(),
        )

    def capture(self) -> Capture:
        """Hand over a copy of what was recorded."""
        return Capture(self.header, self._log.functions.rows(), self._threads())

    def finish(self) -> Capture:
        """Stop, and hand over a copy of what was recorded."""
        self.stop()
        return self.capture()

    def _threads(self) -> tuple[ThreadCapture, ...]:
        names = self._names if self._ended else _thread_names()
        return tuple(
            ThreadCapture(
                ident=journal.ident,
                native_id=journal.native_id,
                name=names.get(journal.ident, f"thread-{index}"),
                process_id=os.getpid(),
                n_events=journal.n_events,
                ticks_high=journal.ticks_high,
                segments=(journal.slots(),),
            )
            for index, journal in enumerate(self._log.journals)
        )

    def _notes(self) -> tuple[str, ...]:
        notes = [f"filter {pattern!r} matched no module" for pattern in self._log.unmatched_patterns()]
        if self._was_replaced:
            notes.append("the program replaced the hook; calls after that are missing")
        return tuple(notes)


def _read_clock() -> ClockReading:
    now_ns = time.monotonic_ns()
    return ClockReading(ticks=now_ns, monotonic_ns=now_ns, epoch_ns=time.time_ns())


def _thread_names() -> dict[int, str]:
    return {thread.ident: thread.name for thread in threading.enumerate() if thread.ident is not None}
