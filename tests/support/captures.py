"""Captures built slot by slot in pure Python, as an engine would hand them over.

    builder = CaptureBuilder()
    main, work = builder.function("main"), builder.function("work")
    builder.thread().call(main).call(work, at=2_000).ret(work, at=5_000).ret(main)
    capture = builder.build()

One tick is one nanosecond. `at` is nanoseconds since the recording started;
without it an event comes 1000 ns after the one before it in its thread.
"""

from __future__ import annotations

import dataclasses
import struct
from typing import Any, Self

from callbox.model import ArenaCapture, Capture, ClockReading, EventKind, Function, Header, ThreadCapture

EPOCH_NS = 1_700_000_000_000_000_000
START_TICKS = (7 << 32) + 1_000
STEP_NS = 1_000
DURATION_NS = 1_000_000_000
SLOT = struct.Struct("<II")


class ThreadBuilder:
    """One thread's slots; every method that records returns the builder."""

    def __init__(self, index: int, name: str, *, start_ticks: int, memory: bool, capacity: int | None) -> None:
        self._index = index
        self._name = name
        self._start_ticks = start_ticks
        self._memory = memory
        self._capacity = capacity
        self._slots: list[bytes] = []
        self._high = start_ticks >> 32
        self._now_ns = 0
        self._n_events = 0
        self._n_bytes = 0
        self._n_blocks = 0
        self._records = bytearray()

    def values(self, *values: int | str | bytes | None) -> Self:
        """Say what the next event's values are: small ints, None, short ASCII texts, or the bytes of records."""
        for value in values:
            self._prefix(EventKind.VALUE, self._payload_of(value))
        return self

    def _payload_of(self, value: int | str | bytes | None) -> int:
        if value is None:
            return 1 << 48
        if isinstance(value, int):
            return 4 << 48 | value & (1 << 48) - 1
        offset = len(self._records)
        record = value if isinstance(value, bytes) else bytes([7, len(value), len(value)]) + value.encode("ascii")
        self._records += len(record).to_bytes(2, "little") + record
        return offset

    def call(self, function: Function, **details: int) -> Self:
        """Enter a Python function."""
        return self.event(EventKind.CALL, function, **details)

    def ret(self, function: Function, **details: int) -> Self:
        """Leave a Python function with a value."""
        return self.event(EventKind.RETURN, function, **details)

    def unwind(self, function: Function, **details: int) -> Self:
        """Leave a Python function with an exception."""
        return self.event(EventKind.UNWIND, function, **details)

    def suspend(self, function: Function, **details: int) -> Self:
        """Yield from a generator."""
        return self.event(EventKind.YIELD, function, **details)

    def resume(self, function: Function, *, frame: int, **details: int) -> Self:
        """Continue a generator."""
        return self.event(EventKind.RESUME, function, frame=frame, **details)

    def event(
        self,
        kind: EventKind,
        function: Function,
        *,
        at: int | None = None,
        frame: int = 0,
        n_bytes: int = 0,
        n_blocks: int = 0,
    ) -> Self:
        """Record one event and the prefixes it needs.

        `n_bytes` and `n_blocks` are what the thread allocated since the event before.
        """
        self._now_ns = self._now_ns + STEP_NS if at is None else at
        ticks = self._start_ticks + self._now_ns
        if frame:
            self._prefix(EventKind.FRAME, frame)
        if self._memory:
            self._n_bytes += n_bytes
            self._n_blocks += n_blocks
            self._prefix(EventKind.ALLOC_BYTES, self._n_bytes)
            self._prefix(EventKind.ALLOC_BLOCKS, self._n_blocks)
        if ticks >> 32 != self._high:
            turn = (ticks >> 32) - self._high & 0xFFFFFF
            self._prefix(EventKind.TIME, ticks & 0xFFFFFFFF | turn << 32)
            self._high = ticks >> 32
        self._slots.append(SLOT.pack(ticks & 0xFFFFFFFF, kind | function.id << 8))
        self._n_events += 1
        return self

    def _prefix(self, kind: EventKind, payload: int) -> None:
        self._slots.append(SLOT.pack(payload & 0xFFFFFFFF, kind | payload >> 32 << 8))

    def build(self, process_id: int) -> ThreadCapture:
        """Hand over the newest slots, in two runs where a ring would have wrapped."""
        slots = self._slots if self._capacity is None else self._slots[-self._capacity :]
        n_first = len(slots) if len(slots) == len(self._slots) else -len(self._slots) % len(slots)
        runs = [b"".join(slots[:n_first]), b"".join(slots[n_first:])]
        return ThreadCapture(
            ident=140_000_000_000_000 + self._index,
            native_id=5_000 + self._index,
            name=self._name,
            process_id=process_id,
            n_events=self._n_events,
            ticks_high=self._high & 0xFFFFFFFF,
            segments=tuple(memoryview(run) for run in runs if run),
            values=ArenaCapture.of_memory(len(self._records), bytes(self._records).ljust(1 << 16, b"\0")),
        )


class CaptureBuilder:
    """A capture under construction.

    `header` replaces fields of the header; `start_ticks` is the clock when the
    recording began, to put it close before a turn of its high half.
    """

    def __init__(self, *, memory: bool = False, start_ticks: int = START_TICKS, **header: Any) -> None:
        self._start_ticks = start_ticks
        self._functions: list[Function] = []
        self._threads: list[ThreadBuilder] = []
        self._header = dataclasses.replace(make_header(start_ticks), memory=memory, **header)

    def function(self, name: str, module_name: str = "app", **fields: Any) -> Function:
        """Intern a function; ids count from 1."""
        number = len(self._functions) + 1
        defaults: dict[str, Any] = {"qualified_name": name, "filename": f"{module_name}.py", "line_number": 10 * number}
        function = Function(id=number, name=name, module_name=module_name, **(defaults | fields))
        self._functions.append(function)
        return function

    def thread(self, name: str = "MainThread", *, capacity: int | None = None) -> ThreadBuilder:
        """Begin a thread; with a capacity it keeps only so many of its newest slots."""
        thread = ThreadBuilder(
            len(self._threads),
            name,
            start_ticks=self._start_ticks,
            memory=self._header.memory,
            capacity=capacity,
        )
        self._threads.append(thread)
        return thread

    def build(self) -> Capture:
        """Hand over what was built so far."""
        threads = tuple(thread.build(self._header.process_id) for thread in self._threads)
        return Capture(self._header, tuple(self._functions), threads)


def make_header(start_ticks: int = START_TICKS) -> Header:
    """Make the header of a recording that lasted one second."""
    return Header(
        engine="setprofile",
        mode="profile",
        filters=("app.*", "!app.noise"),
        python="3.11.7",
        platform="Linux-test",
        command=("script.py", "--flag"),
        process_id=4321,
        started=ClockReading(start_ticks, 50_000_000_000, EPOCH_NS),
        ended=ClockReading(start_ticks + DURATION_NS, 50_000_000_000 + DURATION_NS, EPOCH_NS + DURATION_NS),
        max_events=1 << 20,
    )
