"""The C core, converted and checked; no policy and no text. Imported by `callbox.engine` alone."""

import os
from collections.abc import Callable, Sequence
from typing import Any

class EngineBusy(Exception):
    """A foreign hook holds the slot this engine needs."""

class Recorder:
    """One recording: per-thread rings fed by an engine's hook.

    Several recorders may run at once; each has its own rings, filters and limits.
    """

    def __init__(
        self,
        engine: str,
        patterns: Sequence[str],
        *,
        max_events: int,
        max_depth: int,
        c_calls: bool,
        memory: bool,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        """`folder`: an existing folder for rings in files and the function log, which outlive the process."""
    def start(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def is_recording(self) -> bool: ...
    def threads(self) -> list[tuple[int, int, int, int]]:
        """Rows `(ident, native_id, n_events, ticks_high)` in order of first event."""
    def slots(self, thread_index: int) -> tuple[memoryview, ...]:
        """The retained slots of a thread, oldest first: one or two segments of live memory, no copy."""
    def unmatched_patterns(self) -> list[str]:
        """Patterns that decided for no function seen."""
    def n_replaced(self) -> int:
        """Threads in which the program replaced the hook before `stop`."""
    def has_lost_names(self) -> bool:
        """Whether the function log could not be written whole."""
    def n_unrecorded(self) -> tuple[int, int]:
        """`(threads without memory for a ring, calls too near the end of the C stack)`."""

def functions() -> list[tuple[int, str, str, str, str, int, bool, int]]:
    """The process-wide function table: `(id, name, qualified_name, module_name, filename, line_number, is_c, code_flags)`."""

def await_entry(begin: Callable[[], object]) -> None:
    """Call `begin` right before the first instruction of the program that the interpreter will run."""

def entry_outcome() -> tuple[type[BaseException] | None, int | str | None] | None:
    """How the program's outermost frame was left: the exception's class and a SystemExit's code; None while it runs."""

def clock() -> tuple[int, int, int]:
    """Read `(ticks, monotonic_ns, epoch_ns)` together."""

def clock_name() -> str:
    """`"tsc"`, `"cntvct"` or `"monotonic"`."""

def is_selected(patterns: Sequence[str], module_name: str) -> bool:
    """Say whether the filter selects a module."""

def decode(
    segments: Sequence[Any],
    ticks_high: int,
    clock: tuple[int, int, float],
    thread: int,
    events: Any,
    alloc: Any | None,
) -> int:
    """Decode a thread's slots into `events` (EVENT_FIELDS, capacity >= slots); return how many.

    `clock` is `(ticks, epoch_ns, ns_per_tick)`. `alloc`, where given, has shape
    `(capacity, 2)` uint64 and gets the cumulative counters at each event.
    """

def fold(events: Any, alloc: Any | None, t_end_ns: int, calls: Any, call_alloc: Any | None) -> int:
    """Fold decoded events, grouped by thread, into `calls` (CALL_FIELDS); return how many.

    Writes `events["call"]`. `calls` must have room for every event that may begin a call.
    """

def engines() -> list[str]:
    """Engines compiled into this build, e.g. `["setprofile"]`."""
