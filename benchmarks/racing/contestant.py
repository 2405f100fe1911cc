"""Who takes part: something that can be switched on and off around a workload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class AbsentError(Exception):
    """A contestant cannot take part here; the message says why."""


def nothing() -> None:
    """Do nothing: the contestant needs no reset."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A tracer, profiler or bare hook, ready to be started.

    Attributes:
        start: switch it on; not timed.
        stop: switch it off, leaving the interpreter as it was; not timed.
        reset: forget what was recorded, keeping the memory; not timed.
        ring_events: size of its buffer in events, filled once before timing so that no
            round pays for fresh pages; 0 where there is none.
    """

    start: Callable[[], None]
    stop: Callable[[], None]
    reset: Callable[[], None] = nothing
    ring_events: int = 0


@dataclass(frozen=True, slots=True)
class Entrant:
    """A name in the race and the way to make its contestant.

    Attributes:
        name: as in `--peers` and in the table.
        enter: make the contestant; raises `AbsentError` where it cannot run.
        floor: name of the empty hook it stands on, "" where none is known.
    """

    name: str
    enter: Callable[[], Contestant]
    floor: str = ""
