"""What an event costs here: measured once, so that a recording can reckon its own cost while it runs."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

from callbox import _core
from callbox.engine.options import Options
from callbox.model import Level

_SAMPLE = "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
_N = 13
_N_EVENTS = 2 * 753
_WARM_N = 4
_N_ROUNDS = 9
_MARGIN = 1.3
"""A program leaves less of the caches to the recorder than the sample does."""


@dataclass(frozen=True, slots=True)
class EventCosts:
    """Nanoseconds that an event adds to a program."""

    recorded_ns: float
    sampled_ns: float
    """One of a call tree that is a sample."""
    skipped_ns: float
    """One that the hook is called for and nothing is kept of."""
    passed_ns: float
    """A call, start and end, of a function that the filter excludes."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What a recording with a budget costs, as the recorder reckons it.

    Attributes:
        overhead: share of the program's own time, of late; 0 until there was something to judge by.
        budget: what it may be.
        level: what is kept, to stay within that.
        n_down: how often less was kept than before.
        n_up: how often more again.
    """

    overhead: float
    budget: float
    level: Level
    n_down: int
    n_up: int


def grant_budget(recorder: _core.Recorder, engine: str, options: Options) -> None:
    """Tell a recorder of these options what it may cost.

    Raises:
        _core.EngineBusyError: a foreign hook holds the slot that the engine needs.
    """
    costs = measure_costs(engine)
    level = Level.TRACE if options.mode == "trace" else Level.PROFILE
    recorder.set_budget(options.overhead_budget or 0.0, astuple(costs), level)


@functools.cache
def measure_costs(engine: str) -> EventCosts:
    """Measure an engine on calls that do nothing else, without values, in some milliseconds.

    Raises:
        _core.EngineBusyError: a foreign hook holds the slot that it needs.
    """
    namespace: dict[str, Callable[[int], int]] = {"__name__": "sample"}  # type: ignore[dict-item]
    exec(_SAMPLE, namespace)  # a module of its own: callbox never records itself
    sample = namespace["fib"]
    # A recorder that never changes its level records all, or samples all, or passes everything over.
    recorders = [_recorder_at(engine, level) for level in (Level.PROFILE, Level.SAMPLE_4, Level.SAMPLE_64)]
    recorders.append(_recorder_at(engine, Level.PROFILE, "!sample"))
    rounds = [[_time(sample, None), *(_time(sample, recorder) for recorder in recorders)] for _ in range(_N_ROUNDS)]
    plain_ns, *others_ns = (min(times) for times in zip(*rounds, strict=True))
    recorded, sampled, skipped, passed = (_MARGIN * max(0, ns - plain_ns) / _N_EVENTS for ns in others_ns)
    return EventCosts(recorded, sampled, skipped, 2 * passed)


def _recorder_at(engine: str, level: Level, *filters: str) -> _core.Recorder:
    recorder = _core.Recorder(engine, Options(max_events=1 << 12, overhead_budget=1.0, filters=filters))
    recorder.set_budget(0.0, (0.0, 0.0, 0.0, 0.0), level)
    return recorder


def _time(sample: Callable[[int], int], recorder: _core.Recorder | None) -> int:
    if recorder is not None:
        recorder.start()
    try:
        sample(_WARM_N)  # CPython rewrites code for the hooks it finds
        before_ns = time.perf_counter_ns()
        sample(_N)
        return time.perf_counter_ns() - before_ns
    finally:
        if recorder is not None:
            recorder.stop()
