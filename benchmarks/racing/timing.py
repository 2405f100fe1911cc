"""The stopwatch: plain and recorded runs in turn, in one process.

A round runs every contestant once, each right after (in odd rounds: before) a plain
run, so slow drift of the machine hits both alike. Every timed run follows an untimed
one in the same state: CPython specialises bytecode for the hooks it sees, and
3.12+ rewrites each function when hooks change; neither is a running program's cost.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from racing.contestant import Contestant, nothing
from racing.results import Sample

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure.

    Attributes:
        rounds: at most so many.
        min_rounds: at least so many, whatever they cost.
        budget_s: seconds of one contestant on one workload after which it runs no further round.
        clock_ns: the stopwatch. CPU time of this thread, since other programs on the
            machine are no cost of a hook; the workloads neither wait nor start threads.
    """

    rounds: int = 15
    min_rounds: int = 3
    budget_s: float = 1.5
    clock_ns: Callable[[], int] = time.thread_time_ns


@dataclass(slots=True)
class Lane:
    """One contestant's samples and the time it has taken so far."""

    contestant: Contestant
    samples: list[Sample] = field(default_factory=list)
    spent_ns: int = 0

    def is_done(self, plan: Plan) -> bool:
        """Whether it has run enough rounds."""
        if len(self.samples) >= plan.rounds:
            return True
        return len(self.samples) >= plan.min_rounds and self.spent_ns >= plan.budget_s * 1e9


_PLAIN = Contestant(nothing, nothing)


def _timed(work: Work, contestant: Contestant, clock_ns: Callable[[], int]) -> int:
    """Time one run, after an untimed one in the same state; garbage is collected before each and during none."""
    gc.collect()
    contestant.start()
    gc.disable()
    try:
        work()
        gc.collect()
        began = clock_ns()
        work()
        elapsed = clock_ns() - began
    finally:
        contestant.stop()
        gc.enable()
    contestant.reset()
    return elapsed


def _run_round(work: Work, lane: Lane, plan: Plan) -> None:
    began = plan.clock_ns()
    if len(lane.samples) % 2:
        with_ns = _timed(work, lane.contestant, plan.clock_ns)
        plain_ns = _timed(work, _PLAIN, plan.clock_ns)
    else:
        plain_ns = _timed(work, _PLAIN, plan.clock_ns)
        with_ns = _timed(work, lane.contestant, plan.clock_ns)
    lane.samples.append(Sample(plain_ns, with_ns))
    lane.spent_ns += plan.clock_ns() - began


def warm_up(work: Work, contestant: Contestant, n_events: int, plan: Plan) -> None:
    """Run until the contestant's buffer was filled once, or its budget is spent.

    Args:
        work: makes at least `n_events` events.
        contestant: who records them.
        n_events: events of one run; 0 where unknown.
        plan: whose budget holds.
    """
    contestant.start()
    try:
        n_recorded = 0
        began = plan.clock_ns()
        while plan.clock_ns() - began < plan.budget_s * 1e9:
            work()
            n_recorded += max(n_events, 1)
            if n_recorded >= contestant.ring_events:
                break
    finally:
        contestant.stop()
    contestant.reset()


def run_heats(work: Work, contestants: Sequence[Contestant], n_events: int, plan: Plan) -> list[tuple[Sample, ...]]:
    """Race all contestants on one piece of work.

    Returns:
        Each contestant's samples, one a round, in the order given.
    """
    lanes = [Lane(contestant) for contestant in contestants]
    for lane in lanes:
        warm_up(work, lane.contestant, n_events, plan)
    while waiting := [lane for lane in lanes if not lane.is_done(plan)]:
        for lane in waiting:
            _run_round(work, lane, plan)
    return [tuple(lane.samples) for lane in lanes]
