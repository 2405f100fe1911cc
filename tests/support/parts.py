"""Ring files and function logs written byte by byte, as `docs/format.md` describes them."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callbox.model import EventKind, Function

FIRST_TICKS = (7 << 32) + 5_000
FIRST_MONOTONIC_NS = 50_000_000_000
FIRST_EPOCH_NS = 1_700_000_000_000_000_000
ORIGIN_AGE = 4_000
"""Ticks, each of one nanosecond, from the loading of the core to the first ring."""

ADDRESS = 0x7F00_0000_1000
"""Where the slots lie in the memory of the producer."""

ENDED_PROCESS = (1 << 22) + 1
"""Beyond the greatest process id of a Linux system."""


@dataclass(frozen=True)
class RingFile:
    """A ring of one thread; `slots` are those in place, by position.

    `room` is how far it has grown: to its capacity unless told otherwise. `lap` is the count at its first slot.
    """

    slots: Sequence[tuple[int, int]] = ()
    capacity: int = 8
    room: int | None = None
    head: int | None = None
    lap: int = 0
    next_lap: int | None = None
    first: int = 0
    process_id: int = ENDED_PROCESS
    ident: int = 11
    native_id: int = ENDED_PROCESS
    magic: bytes = b"\x89CBR\r\n\x1a\n"
    format_version: int = 2
    turn_version: int = 0
    n_prefixes: int = 0
    arena: bytes = b""
    arena_head: int = 0
    first_epoch_ns: int = FIRST_EPOCH_NS
    has_ended: bool = False
    thread_name: bytes = b""
    forgotten: tuple[int, int] = (0, 0)

    def pack(self) -> bytes:
        clocks = (FIRST_TICKS, FIRST_MONOTONIC_NS, self.first_epoch_ns)
        head = len(self.slots) if self.head is None else self.head
        header = b"".join(
            (
                struct.pack("<8sII", self.magic, self.format_version, 4096),
                struct.pack("<4Q", self.capacity, self.process_id, self.ident, self.native_id),
                struct.pack("<QqqQqq", *(n - ORIGIN_AGE for n in clocks), *clocks),
                struct.pack("<QQIIQ", ADDRESS + 8 * (head - self.lap), 0, 7, self.turn_version, self.n_prefixes),
                struct.pack("<QQQQQQ", ADDRESS, self._room, self.lap, self._next_lap, self.first, 0),
                struct.pack("<QQQQ", len(self.arena), 0, len(self.arena) - 1 if self.arena else 0, self.arena_head),
            )
        )
        about = struct.pack("<IIQQ", self.has_ended, len(self.thread_name), *self.forgotten) + self.thread_name
        header = header.ljust(320, b"\0") + about
        slots = b"".join(struct.pack("<II", ticks, word) for ticks, word in self.slots)
        return header.ljust(4096, b"\0") + slots.ljust(self.capacity * 8, b"\0") + self.arena

    @property
    def _room(self) -> int:
        return self.capacity if self.room is None else self.room

    @property
    def _next_lap(self) -> int:
        return self.lap if self.next_lap is None else self.next_lap

    def write(self, folder: Path, number: int = 0, nonce: int = 1) -> Path:
        path = folder / f"{self.process_id}-{nonce:x}-{number}.ring"
        path.write_bytes(self.pack())
        return path

    def replace(self, **changes: object) -> RingFile:
        return dataclasses.replace(self, **changes)


def slot(kind: EventKind, code: int = 0, after: int = 0) -> tuple[int, int]:
    """A slot, `after` ticks since the ring was made."""
    return (FIRST_TICKS + after) & 0xFFFFFFFF, kind | code << 8


def function(number: int, name: str, **fields: object) -> Function:
    return Function(
        **{"filename": "app.py", "line_number": 3, **fields},
        id=number,
        name=name,
        qualified_name=f"A.{name}",
        module_name="app",
    )


def pack_row(function: Function) -> bytes:
    names = (function.module_name, function.qualified_name, function.name, function.filename, *function.parameters)
    encoded = [name.encode("utf-8", "surrogatepass") for name in names]
    texts = b"".join(struct.pack("<I", len(text)) + text for text in encoded)
    flags = function.code_flags | function.is_c << 31
    return struct.pack("<4I", 16 + len(texts), function.id, function.line_number, flags) + texts


def pack_log(*functions: Function) -> bytes:
    return b"\x89CBF\r\n\x1a\n" + b"".join(pack_row(function) for function in functions)


def write_log(folder: Path, *functions: Function, process_id: int = ENDED_PROCESS, nonce: int = 1) -> Path:
    path = folder / f"{process_id}-{nonce:x}.functions"
    path.write_bytes(pack_log(*functions))
    return path


LOAD, SAVE = function(1, "load"), function(2, "save")


def call(code: int) -> RingFile:
    """Write a ring that holds one call of a function."""
    return RingFile([slot(EventKind.CALL, code, after=100), slot(EventKind.RETURN, code, after=900)])
