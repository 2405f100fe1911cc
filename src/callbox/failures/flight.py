"""The flight recorder: what each thread called last before a failure."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from callbox.failures.redaction import project_rules

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from callbox.engine.budget import Spending
    from callbox.model import ClockReading, Header

# What reads recordings needs NumPy: it is imported with the first failure, or when a program prepares for one.

DEFAULT_EVENTS = 1 << 9
"""Events that each thread keeps, in mode "trace" also one for each value: telling of them takes some milliseconds."""
_MACHINERY = ("_distutils_hack", "__editable__*", "_editable_*", "_virtualenv", "typing_extensions", "namedtuple_*")
"""Modules that import others, or stand in for parts of the standard library: of no program's own doing."""
_MAX_CALLS = 60
"""Calls of each thread that are shown."""
_MAX_LINES = 200
_MAX_TEXT_CHARS = 40_000


class FlightRecorder:
    """Records calls into small rings, from its start on, and tells the last of them."""

    def __init__(
        self,
        mode: str,
        include: Iterable[str] = (),
        *,
        max_events: int = DEFAULT_EVENTS,
        budget: float | None = None,
        folder: str | None = None,
    ) -> None:
        """Prepare to record.

        Args:
            mode: "profile" records calls, "trace" also arguments and results.
            include: globs on module names, as everywhere; none: all modules but the standard library's.
            max_events: events that each thread keeps.
            budget: what recording may cost at most, as a share of the program's own time; None for no limit.
            folder: an existing folder for rings that outlive the process; None keeps them in memory.
        """
        from callbox.engine.choice import AutoRecorder
        from callbox.engine.options import Options
        from callbox.engine.recorder import read_clock

        self.mode = mode
        options = Options(
            mode=mode,
            filters=tuple(include) or _without_stdlib(),
            max_events=max_events,
            overhead_budget=budget,
            redact=project_rules(),
        )
        self._recorder = AutoRecorder(options, folder)
        self._read_clock = read_clock
        self._marked: ClockReading | None = None
        # imported before they are needed: a failure may come when there is no time, or memory, for that
        self._import_readers()

    @property
    def is_recording(self) -> bool:
        """Whether calls are being recorded."""
        return self._recorder.is_recording

    @property
    def spending(self) -> Spending | None:
        """What recording costs at present; None without a budget."""
        return self._recorder.spending

    @property
    def header(self) -> Header:
        """How the recording is made."""
        return self._recorder.header

    def start(self) -> None:
        """Begin to record.

        Raises:
            EngineError: the hook that the engine needs is taken.
        """
        self._recorder.start()

    def mark(self) -> None:
        """Tell of no call that began before now. Emptying the rings would cost a test a millisecond."""
        self._marked = self._read_clock()

    def stop(self) -> None:
        """Stop recording."""
        self._recorder.stop()

    @staticmethod
    def _import_readers() -> None:
        import callbox.recording
        import callbox.recording.values
        import callbox.render.tree
        import callbox.tracing.selection  # noqa: F401

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what is recorded at present to a box.

        Raises:
            RecordingError: it cannot be written.
        """
        from callbox.recording import write_box

        write_box(self._recorder.capture(), path)

    def last_calls(self) -> str:
        """Write the last calls of each thread as a tree, those that still run marked as such."""
        from callbox.recording import Recording
        from callbox.render.tree import format_tree
        from callbox.tracing.selection import select_newest_of_threads, select_since

        recording = Recording(self._recorder.capture())
        tree = recording.tree
        if self._marked is not None:
            started = recording.header.started
            tree = select_since(tree, started.epoch_ns + self._marked.monotonic_ns - started.monotonic_ns)
        tree = select_newest_of_threads(tree, _MAX_CALLS)
        # calls with values are seldom equal, and to find out takes longer than all the rest
        texts = recording.describe_values(tree)
        text = format_tree(tree, show_times=True, max_lines=_MAX_LINES, values=texts, fold_repeats=self.mode != "trace")
        return text[-_MAX_TEXT_CHARS:]


def _without_stdlib() -> tuple[str, ...]:
    names = sorted(sys.stdlib_module_names)
    return tuple(pattern for name in (*names, *_MACHINERY) for pattern in (f"!{name}", f"!{name}.*"))


_lock = threading.Lock()
_running: FlightRecorder | None = None


def start_recorder(mode: str, include: Iterable[str] = ()) -> FlightRecorder:
    """Return the process's flight recorder, started. It runs until `stop_recorder`; the first mode counts."""
    global _running
    with _lock:
        if _running is None:
            recorder = FlightRecorder(mode, include)
            recorder.start()
            _running = recorder
        return _running


def stop_recorder() -> None:
    """Stop the process's flight recorder, if it runs."""
    global _running
    with _lock:
        if _running is not None:
            _running.stop()
            _running = None
