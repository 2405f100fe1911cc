"""Messages between processes: MessagePack with a length before it."""

from __future__ import annotations

import os
import struct
from typing import TypeVar

import msgspec

from callbox.bench.limits import Request
from callbox.bench.model import Benchmark, Run
from callbox.bench.suite import Suite

_LENGTH = struct.Struct("<Q")
T = TypeVar("T")


class Hello(msgspec.Struct, frozen=True):
    """The first message to a host.

    Attributes:
        suite: whose module it is to import.
        module: the module's name.
        path: folders to add to `sys.path`.
        memory_bytes: limit of data; 0 for none.
        work: folder to work in, removed by whoever of the two ends last.
    """

    suite: Suite
    module: str
    path: tuple[str, ...]
    memory_bytes: int
    work: str


class Welcome(msgspec.Struct, frozen=True):
    """The first message of a host: what its module has.

    Attributes:
        benchmarks: that can be run.
        broken: a line for each that cannot.
        problem: why the module cannot be imported; else empty.
    """

    benchmarks: tuple[Benchmark, ...] = ()
    broken: tuple[str, ...] = ()
    problem: str = ""


class RunOrder(msgspec.Struct, frozen=True, tag=True):
    """Asks for a run of a case."""

    benchmark: str
    request: Request
    timeout_s: float


class CompareOrder(msgspec.Struct, frozen=True, tag=True):
    """Asks for a comparison of two encoded values, where the classes they need are loaded."""

    name: str
    actual: bytes
    expected: bytes
    rules: dict[str, object]
    timeout_s: float


class Compared(msgspec.Struct, frozen=True):
    """The outcome of a comparison.

    Attributes:
        differences: each as `(path, text)`; the first ones.
        n_differences: all of them.
        problem: why the values could not be compared; else empty.
    """

    differences: tuple[tuple[str, str], ...] = ()
    n_differences: int = 0
    problem: str = ""


Order = RunOrder | CompareOrder
Answer = Run | Compared


def send(fd: int, message: object) -> None:
    """Write a message."""
    data = msgspec.msgpack.encode(message)
    view = memoryview(_LENGTH.pack(len(data)) + data)
    while view:
        view = view[os.write(fd, view) :]


def receive(fd: int, kind: type[T]) -> T | None:
    """Read a message; None at the end of the stream."""
    header = _read(fd, _LENGTH.size)
    if header is None:
        return None
    data = _read(fd, _LENGTH.unpack(header)[0])
    return None if data is None else msgspec.msgpack.decode(data, type=kind)


def _read(fd: int, n_bytes: int) -> bytes | None:
    pieces = []
    while n_bytes:
        piece = os.read(fd, min(n_bytes, 1 << 20))
        if not piece:
            return None
        pieces.append(piece)
        n_bytes -= len(piece)
    return b"".join(pieces)
