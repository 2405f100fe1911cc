"""A recording of wrapped functions, read while it runs."""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from callbox.engine.kernels import decode_capture, fold_events
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.model import EventKind, Outcome


@dataclass(frozen=True)
class Event:
    """One event of a call, with names."""

    kind: str
    function: str
    frame: int

    def __str__(self) -> str:
        return f"{self.kind} {self.function}"


@dataclass(frozen=True)
class Call:
    """One folded call, with names."""

    function: str
    outcome: Outcome
    n_resumes: int
    task: int
    parent: int


class Watch:
    """A recorder of the engine "wrap" that runs from the start."""

    def __init__(self) -> None:
        self.recorder = NativeRecorder(Options(), "wrap")
        self.recorder.start()

    def stop(self) -> None:
        self.recorder.stop()

    def events(self) -> list[Event]:
        """Return what was recorded so far, but for task switches."""
        capture = self.recorder.capture()
        names = {function.id: function.name for function in capture.functions}
        rows = decode_capture(capture)[0]
        rows = rows[rows["kind"] < EventKind.TASK_SWITCH]
        return [Event(EventKind(int(r["kind"])).name, names[int(r["code"])], int(r["frame"])) for r in rows]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events()]

    def steps(self) -> list[str]:
        return [str(event) for event in self.events()]

    def calls(self) -> list[Call]:
        """Fold what was recorded so far."""
        capture = self.recorder.capture()
        names = {function.id: function.name for function in capture.functions}
        events, alloc = decode_capture(capture)[:2]
        folded, _ = fold_events(events, alloc, capture.header.ended.epoch_ns)
        return [
            Call(
                names[int(row["code"])],
                Outcome(int(row["outcome"])),
                int(row["n_resumes"]),
                int(row["task"]),
                int(row["parent"]),
            )
            for row in folded
        ]


@types.coroutine
def pause(value: object) -> Iterator[Any]:
    """Suspend whoever awaits it, without an event loop."""
    return (yield value)


def run(awaitable: Awaitable[Any]) -> Any:
    """Drive an awaitable to its end; each suspension gets its own value back."""
    iterator = awaitable.__await__()
    value = None
    while True:
        try:
            value = iterator.send(value)
        except StopIteration as stop:
            return stop.value


def attempt(work: Callable[[], Any]) -> Any:
    """Return what work gives, or the type and arguments of what it raises."""
    try:
        return work()
    except BaseException as error:
        return type(error), error.args
