"""The words of a recording: events, functions, threads, captures and call trees.

Standard library only. NumPy appears in annotations; whoever fills an array
field has imported it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class EventKind(enum.IntEnum):
    """What one slot of a ring says.

    The first thirteen are events. The others are prefixes: they precede the event
    they belong to, or, for `TIME`, carry the clock over a wrap of its low half.
    Source: `csrc/event.h`, which holds the same numbers.
    """

    CALL = 1
    RETURN = 2
    UNWIND = 3
    YIELD = 4
    RESUME = 5
    THROW = 6
    C_CALL = 7
    C_RETURN = 8
    C_RAISE = 9
    TASK_SWITCH = 10
    GREENLET_SWITCH = 11
    PAUSE = 12
    """The recording was stopped, and went on later."""
    STEP = 13
    """Its level of detail changed, to keep to a budget; the code is the new `Level | old << 4`."""
    TIME = 16
    FRAME = 17
    ALLOC_BYTES = 18
    ALLOC_BLOCKS = 19
    VALUE = 20


class Level(enum.IntEnum):
    """How much a recording with a budget keeps. It steps down where more costs too much, and up again."""

    TRACE = 0
    """Calls with values, as mode "trace"."""
    PROFILE = 1
    """Calls and times, as mode "profile"."""
    SAMPLE_4 = 2
    """Whole call trees, about one event in 4."""
    SAMPLE_16 = 3
    SAMPLE_64 = 4


class Outcome(enum.IntEnum):
    """How a folded call ended."""

    OPEN = 0
    """Still running when the recording ended."""
    RETURNED = 1
    RAISED = 2
    SUSPENDED = 3
    """A generator or coroutine that yielded and was not resumed again."""
    LOST = 4
    """Its end was not recorded; an enclosing call ended first."""
    CUT = 5
    """The recorder stopped following it, to keep to its budget; it had lasted so long by then."""


GREENLET = 1 << 31
"""Marks a call's `task` as a greenlet."""

SLOT_FIELDS: Sequence[tuple[str, str]] = (("ticks", "<u4"), ("word", "<u4"))
"""A ring's slot, 8 bytes: low half of the clock; `kind | code << 8`."""

EVENT_FIELDS: Sequence[tuple[str, str]] = (
    ("t_ns", "<i8"),  # nanoseconds since the epoch
    ("frame", "<u8"),  # identity of a generator's frame or of a task; 0 for others
    ("code", "<u4"),  # index of a Function
    ("thread", "<u4"),  # position in the recording's threads
    ("call", "<i4"),  # row of the folded call; -1 for an end whose start is unknown
    ("kind", "u1"),  # EventKind
    ("reserved", "V3"),
)
"""A decoded event, 32 bytes."""

CALL_FIELDS: Sequence[tuple[str, str]] = (
    ("t_start_ns", "<i8"),  # nanoseconds since the epoch
    ("t_end_ns", "<i8"),  # of the last end seen; of the recording while open
    ("inclusive_ns", "<i8"),  # time on the stack, without suspensions
    ("self_ns", "<i8"),  # inclusive time less that of the calls on top of it
    ("first_event", "<i8"),  # index of the event that began it
    ("last_event", "<i8"),  # index of the event that ended it; -1 while open
    ("parent", "<i4"),  # row of the caller; -1 for a root
    ("code", "<u4"),
    ("thread", "<u4"),
    ("depth", "<u4"),  # 0 for a root
    ("n_resumes", "<u4"),  # how often a generator or coroutine was continued
    ("task", "<u4"),  # number of its task, or GREENLET | index of its greenlet; 0: neither
    ("outcome", "u1"),  # Outcome
    ("is_partial", "u1"),  # 1: it began before the recording did
    ("n_nested", "<u2"),  # activations of the same function below it on the stack; saturates
    ("reserved", "V4"),
)
"""A folded call, 80 bytes. Rows are grouped by thread and ordered by start."""


@dataclass(frozen=True, slots=True)
class Function:
    """A traced function, Python or C, as the intern table knows it."""

    id: int
    name: str
    qualified_name: str
    module_name: str
    filename: str
    line_number: int
    is_c: bool = False
    code_flags: int = 0
    """`co_flags` of a Python function; 0 for a C function."""
    parameters: tuple[str, ...] = ()
    """Names of a Python function's parameters, `*args` and `**kwargs` last, without stars."""

    @property
    def full_name(self) -> str:
        """`module.qualified_name`, the name people search by."""
        return f"{self.module_name}.{self.qualified_name}" if self.module_name else self.qualified_name


@dataclass(frozen=True, slots=True)
class ClockReading:
    """One simultaneous reading of three clocks."""

    ticks: int
    """The event clock: TSC cycles, or nanoseconds where there is no invariant TSC."""
    monotonic_ns: int
    epoch_ns: int


@dataclass(frozen=True, slots=True)
class ArenaCapture:
    """What one thread's arena of frozen values held; `callbox.values.frozen.Arena` reads it."""

    head: int = 0
    """Bytes ever written to it, also those since overwritten."""
    capacity: int = 0
    """What was written at an offset stands at the position `offset % capacity`."""
    pieces: Collection[tuple[int, Any]] = field(default=(), repr=False)
    """Positions and buffers, in order. There is one, but for a damaged box, which lacks what is between."""

    @classmethod
    def of_memory(cls, head: int, data: bytes | memoryview) -> ArenaCapture:
        """Take an arena's memory, without the part that nothing was written to."""
        return cls(head, len(data), ((0, data[:head]),) if head else ())


@dataclass(frozen=True, slots=True)
class ThreadCapture:
    """What one thread's ring held.

    `segments` are buffers of 8-byte slots (`SLOT_FIELDS`), oldest first; their
    lengths add up to the retained slots. They may be views of live memory, or be
    read out of a file each time they are gone through.
    """

    ident: int
    native_id: int
    name: str
    process_id: int
    n_events: int
    """Events ever recorded, also those since overwritten."""
    ticks_high: int
    """High half of the clock at the newest slot."""
    segments: Collection[Any] = field(repr=False)
    values: ArenaCapture = field(default_factory=ArenaCapture, repr=False)
    """The frozen values that its slots refer to."""

    @classmethod
    def of_forgotten(cls, process_id: int, n_threads: int, n_events: int) -> ThreadCapture:
        """Stand for threads of a process that had ended, and whose rings were let go to make room."""
        name = f"{n_threads:,} thread{'s' if n_threads > 1 else ''} that had ended"
        return cls(0, 0, name, process_id, n_events, ticks_high=0, segments=())


@dataclass(frozen=True, slots=True)
class Header:
    """How a recording was made."""

    engine: str
    mode: str
    filters: tuple[str, ...]
    python: str
    platform: str
    command: tuple[str, ...]
    process_id: int
    started: ClockReading
    ended: ClockReading
    c_calls: bool = False
    memory: bool = False
    max_events: int = 0
    max_depth: int = 0
    """0: unlimited."""
    overhead_budget: float = 0.0
    """What recording was to cost at most, as a share of the program's own time; 0: no limit."""
    is_complete: bool = True
    """False in a box whose program ended without closing it."""
    exit_status: str = ""
    """How the traced program ended, in words; empty where no program was run."""
    notes: tuple[str, ...] = ()
    """What a reader must know: engine degraded, hook replaced, filter unmatched."""
    commit: str = ""
    """The git commit of the folder that the program was started in; empty outside of a repository."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Everything an engine hands over and a box stores: undecoded, complete."""

    header: Header
    functions: tuple[Function, ...]
    threads: tuple[ThreadCapture, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of a recording."""

    ident: int
    native_id: int
    name: str
    process_id: int
    n_events: int
    """Events ever recorded."""
    n_dropped: int
    """Events recorded and overwritten since."""


@dataclass(frozen=True, slots=True)
class CallTree:
    """A recording folded into nested calls, columnar.

    Attributes:
        calls: shape `(n_calls,)`, fields `CALL_FIELDS`.
        functions: by function id, as in `calls["code"]`.
        threads: by position, as in `calls["thread"]`.
        alloc: shape `(n_calls, 2)` uint64, bytes and blocks allocated inside each
            call and what it called; None unless memory was recorded.
    """

    calls: NDArray[np.void]
    functions: Mapping[int, Function]
    threads: Sequence[Thread]
    alloc: NDArray[np.uint64] | None = None


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One event with its names resolved, as users read it."""

    event_type: str
    """"call", "return", "unwind", "yield", "resume", "throw", "c_call", "c_return", "c_raise"."""
    function_name: str
    qualified_name: str
    module_name: str
    filename: str
    line_number: int
    args: Mapping[str, Any] | None
    return_value: Any
    exception: Any
    depth: int
    timestamp: float
    """Seconds since the epoch."""
    duration: float | None
    """Seconds from the call's start to its end, on both; None while it is open."""
    thread_id: int
    task_id: int | None
    process_id: int
    memory: int | None
    """Bytes allocated inside the call; None unless memory was recorded."""
    local_variables: Mapping[str, Any] | None = None
    """Of an "unwind": the function's variables when the exception left it."""
    effects: Mapping[str, Any] | None = None
    """Of an end: those arguments that the call has changed, as they were then."""

    @property
    def exception_info(self) -> Any:
        """Another name for `exception`."""
        return self.exception

    @property
    def memory_usage(self) -> int | None:
        """Another name for `memory`."""
        return self.memory
