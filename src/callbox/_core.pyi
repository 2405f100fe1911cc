"""The C core, converted and checked; no policy and no text. Imported by `callbox.engine` alone."""

import os
from collections.abc import Callable, Collection, Sequence
from typing import Any, final

from typing_extensions import disjoint_base

class EngineBusyError(Exception):
    """A foreign hook holds the slot this engine needs."""

@disjoint_base
class Recorder:
    """One recording: per-thread rings fed by an engine's hook.

    Several recorders may run at once; each has its own rings, filters and limits.
    """

    def __init__(
        self,
        engine: str,
        options: Any,
        *,
        folder: str | os.PathLike[str] | None = None,
        value_bytes: int = 0,
        redaction: Any | None = None,
    ) -> None:
        """Prepare a recording.

        `options`: an `engine.options.Options`; its engine and mode are not looked at.
        `folder`: an existing folder for rings in files and the function log, which outlive the process.
        `value_bytes`: capacity of each thread's arena of frozen values, rounded up; 0: no values.
        `redaction`: an `engine.redaction.RedactionTable`; None redacts nothing.
        """
    def set_budget(self, share: float, costs_ns: tuple[float, float, float, float], level: int) -> None:
        """Say what recording may cost, before it starts; where the options have an `overhead_budget`.

        `share`: of the program's own time; 0: `level` never changes. `costs_ns`: what an event costs that is
        recorded, part of a sampled tree, or passed over, and what an excluded call costs. `level`: as in
        `model.Level`, the most detailed.
        """
    def spending(self) -> tuple[float, int, int, int]:
        """`(overhead, level, n_down, n_up)`: the share of the program's own time that recording costs at present,
        what is kept, as in `model.Level`, and how often that became less, and more again; zeros without a budget.
        """
    def start(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def is_recording(self) -> bool: ...
    def snapshot(
        self, is_over: bool = False
    ) -> list[tuple[int, int, str | None, int, int, tuple[Any, ...], tuple[int, Any]]]:
        """Rows `(ident, native_id, name, n_events, ticks_high, runs, values)`, in order of first event.

        `runs` are the retained slots, oldest first, in one or two pieces, and `values` head and bytes of the
        arena of frozen values; `docs/format.md` says how offsets map to it. Both are live memory without a copy
        when the recorder is stopped and its rings are in memory, and stay as they are if it starts again; else bytes.
        `is_over`: the recorder is stopped and will not start again, so that nothing of it need be copied.
        """
    def unmatched_patterns(self) -> list[str]:
        """Patterns that decided for no function seen."""
    def n_replaced(self) -> int:
        """Threads in which the program replaced the hook before `stop`."""
    def has_lost_names(self) -> bool:
        """Whether the function log could not be written whole."""
    def n_named_values(self) -> int:
        """Values of which only the type was kept, because freezing them all would have cost too much."""
    def forgotten(self) -> tuple[int, int]:
        """`(threads, events)`: threads that had ended and made room for others, and what they had recorded."""
    def n_unrecorded(self) -> tuple[int, int]:
        """`(threads without memory for a ring, calls too near the end of the C stack)`."""

def functions() -> list[tuple[int, str, str, str, str, int, bool, int, tuple[str, ...]]]:
    """The process-wide function table.

    Rows `(id, name, qualified_name, module_name, filename, line_number, is_c, code_flags, parameters)`.
    """

@final
class Wrapper:
    """A callable that stands in for a function; `_is_watched` says for whom."""

    _is_watched: bool

def wrap(
    function: Callable[..., Any],
    failed: Callable[..., object] | None = None,
    passed: Callable[..., object] | None = None,
    is_resumable: bool = False,
) -> Callable[..., Any]:
    """Stand in for a callable, without its names and attributes.

    Recorders of the engine "wrap" see its calls. With `failed`, they do not: it is called as
    `failed(error, args, kwargs)` when a call has raised, and `passed(duration_ns, args, kwargs)` when one has
    returned; kwargs is None where there are none. `is_resumable`: what calls return is a generator,
    coroutine or asynchronous generator, whose end is told instead.
    """

def await_entry(begin: Callable[[], object]) -> None:
    """Call `begin` right before the first instruction of the program that the interpreter will run."""

def entry_outcome() -> tuple[type[BaseException] | None, int | str | None] | None:
    """How the program's outermost frame was left: the exception's class and a SystemExit's code; None while it runs."""

def observe(choose: Callable[..., Any]) -> None:
    """Tell observers of the calls of chosen functions, in every thread, on CPython 3.11.

    `choose(code, globals)` is asked once for each code object: None, or an observer. That is called as
    `observer(arguments)` when a call begins and answers None or a witness, which is called as
    `witness(kind, value)`, an `EventKind`, whenever the frame is left, or entered by a throw.
    """

def unobserve() -> None: ...
def watch_audit(
    events: dict[str, frozenset[str | bytes] | None], told: Callable[[str, tuple[Any, ...]], object]
) -> int:
    """Call `told(event, args)` for the audit events that are named, in place of whoever was told before.

    Where there is a set, the event's first argument must be in it. What `told` raises refuses what the event announces.
    """

def unwatch_audit() -> None: ...
def clock(at_load: bool = False) -> tuple[int, int, int]:
    """Read `(ticks, monotonic_ns, epoch_ns)` together.

    `at_load`: as they were when callbox was loaded, by this process or the one that it was forked from.
    """

def clock_name() -> str:
    """`"tsc"`, `"cntvct"` or `"monotonic"`."""

def is_selected(patterns: Sequence[str], module_name: str) -> bool:
    """Say whether the filter selects a module."""

def find_secrets(redaction: Any, texts: Sequence[str], is_key: bool) -> list[str | None]:
    """Say for each text which rule finds a secret: in it, or where it is a key, under it."""

def mute() -> None:
    """Record nothing of this thread until `unmute` was called as often."""

def unmute() -> None: ...
def decode(
    segments: Collection[Any],
    ticks_high: int,
    clock: tuple[int, int, float],
    thread: int,
    columns: tuple[Any, Any | None, Any | None, Any | None],
) -> int:
    """Decode a thread's slots; return the number of events.

    `clock` is `(ticks, epoch_ns, ns_per_tick)`. `columns` are filled: events (EVENT_FIELDS as bytes,
    capacity >= slots); unless None, the cumulative allocation counters at each event, shape
    `(capacity, 2)` uint64; unless None, the payloads of frozen values in order, uint64, as many as slots,
    and the index of each event's first, one element more, the last being the number of values.
    """

def fold(events: Any, alloc: Any | None, t_end_ns: int, calls: Any, call_alloc: Any | None) -> int:
    """Fold decoded events, grouped by thread, into `calls` (CALL_FIELDS); return how many.

    Writes `events["call"]`. `calls` must have room for every event that may begin a call.
    """

def engines() -> list[str]:
    """Engines compiled into this build that see every call, e.g. `["setprofile"]`; "wrap" is in each."""
