"""From a capture to the sequence that two engines must agree on.

A sequence is a list of steps such as "call outer", "yield numbers#2": what
happened, to which function, and for a generator which of those seen on the
thread so far. Reads slots by itself, so that the C decoder is not trusted here.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from callbox.model import Capture, EventKind, ThreadCapture

STARTS = {EventKind.CALL, EventKind.RESUME, EventKind.THROW, EventKind.C_CALL}
ENDS = {
    EventKind.RETURN,
    EventKind.UNWIND,
    EventKind.YIELD,
    EventKind.C_RETURN,
    EventKind.C_RAISE,
}
C_KINDS = {EventKind.C_CALL, EventKind.C_RETURN, EventKind.C_RAISE}


def decode(thread: ThreadCapture) -> Iterator[tuple[EventKind, int, int]]:
    """Yield kind, function id and frame identity of each call event; who runs a task is another question."""
    frame = 0
    for segment in thread.segments:
        for low, word in struct.iter_unpack("<II", bytes(segment)):
            kind = EventKind(word & 0xFF)
            if kind is EventKind.FRAME:
                frame = low | (word >> 8) << 32
            elif kind < EventKind.TIME:
                if kind in STARTS or kind in ENDS:
                    yield kind, word >> 8, frame
                frame = 0


def name_of(capture: Capture, program: str, function_id: int) -> str:
    """Name a function, without the program's own module in front."""
    function = {f.id: f for f in capture.functions}[function_id]
    return function.qualified_name if function.module_name == program else function.full_name


@dataclass
class Generators:
    """Numbers the generators of each function in order of appearance; an address may be used again."""

    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    n_seen: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def label(self, name: str, frame: int, kind: EventKind) -> str:
        if not frame:
            return name
        if kind is EventKind.CALL or (name, frame) not in self.numbers:
            self.n_seen[name] += 1
            self.numbers[name, frame] = self.n_seen[name]
        return f"{name}#{self.numbers[name, frame]}"

    def end(self, name: str, frame: int) -> None:
        self.numbers.pop((name, frame), None)


def read_sequence(capture: Capture, thread: ThreadCapture, program: str) -> list[str]:
    """Return a thread's steps, balanced: ends of what began before the recording are left out."""
    names: dict[int, str] = {}
    generators = Generators()
    steps: list[str] = []
    stack: list[tuple[int, bool, int, str]] = []
    for kind, function_id, frame in decode(thread):
        name = names.setdefault(function_id, name_of(capture, program, function_id))
        is_c = kind in C_KINDS
        if kind in STARTS:
            label = generators.label(name, frame, kind)
            stack.append((function_id, is_c, frame, label))
            steps.append(f"{kind.name.lower()} {label}")
            continue
        if (function_id, is_c) not in [entry[:2] for entry in stack]:
            continue
        while stack[-1][:2] != (function_id, is_c):
            steps.append(f"lost {stack.pop()[3]}")
        *_, frame, label = stack.pop()
        steps.append(f"{kind.name.lower()} {label}")
        if kind is not EventKind.YIELD:
            generators.end(name, frame)
    return steps
