"""The speeds callbox promises, as data, and whether a race reached them."""

from __future__ import annotations

import enum
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from racing.engines import contestant_name
from racing.floors import EVALUATOR_EMPTY, MONITORING_EMPTY, PROFILE_EMPTY
from racing.peers import TRACE0, VIZTRACER
from racing.results import Heat, RaceResult
from racing.workloads import PROGRAM


class Measure(enum.Enum):
    """What a target limits."""

    RUN = "whole run / plain"
    RUN_TO = "whole run / whole run of"
    ADDED_TO = "added per call / added by"


class Over(enum.Enum):
    """On which workloads, and how they are summed up."""

    FIB = "fib"
    MEDIAN_PROGRAM = "median program"
    WORST_PROGRAM = "worst program"
    WORST = "worst workload"


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: `measure` of `contestant`, against `reference` if any, is at most `limit`."""

    contestant: str
    measure: Measure
    over: Over
    limit: float
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and what was measured; None where it could not be."""

    target: Target
    measured: float | None

    @property
    def is_reached(self) -> bool:
        return self.measured is not None and self.measured <= self.target.limit


_SETPROFILE_C = contestant_name("setprofile", "+c")
_FRAMEEVAL = contestant_name("frameeval")
_MONITORING = contestant_name("monitoring")

TARGETS = (
    Target(_SETPROFILE_C, Measure.RUN_TO, Over.WORST, 1.10, PROFILE_EMPTY),
    Target(_FRAMEEVAL, Measure.ADDED_TO, Over.FIB, 0.15, VIZTRACER),
    Target(_FRAMEEVAL, Measure.ADDED_TO, Over.FIB, 0.25, PROFILE_EMPTY),
    Target(_FRAMEEVAL, Measure.RUN, Over.MEDIAN_PROGRAM, 1.05),
    Target(_FRAMEEVAL, Measure.RUN, Over.WORST_PROGRAM, 1.30),
    Target(contestant_name("frameeval", "+values"), Measure.RUN, Over.MEDIAN_PROGRAM, 1.30),
    Target(contestant_name("frameeval", "+values"), Measure.RUN, Over.WORST_PROGRAM, 2.00),
    Target(contestant_name("frameeval", "-excluded"), Measure.RUN_TO, Over.WORST, 1.10, EVALUATOR_EMPTY),
    Target(_MONITORING, Measure.ADDED_TO, Over.FIB, 1.20, MONITORING_EMPTY),
    Target(_MONITORING, Measure.ADDED_TO, Over.FIB, 0.90, TRACE0),
    Target(_MONITORING, Measure.ADDED_TO, Over.FIB, 0.35, VIZTRACER),
    Target(contestant_name("monitoring", "+values"), Measure.RUN, Over.MEDIAN_PROGRAM, 1.30),
    Target(contestant_name("monitoring", "+values"), Measure.RUN, Over.WORST_PROGRAM, 2.00),
    Target(contestant_name("monitoring", "-excluded"), Measure.RUN, Over.WORST, 1.02),
)


def _is_wanted(result: RaceResult, over: Over) -> Callable[[str], bool]:
    if over is Over.FIB:
        return lambda workload: workload == "fib"
    if over is Over.WORST:
        return lambda _workload: True
    return lambda workload: result.kinds[workload] == PROGRAM


def _value(result: RaceResult, target: Target, heat: Heat) -> float | None:
    if target.measure is Measure.RUN:
        return heat.ratio.median
    reference = result.heat(target.reference, heat.workload)
    if reference is None:
        return None
    if target.measure is Measure.RUN_TO:
        return heat.ratio_to(reference).median
    return heat.added_ratio_to(reference)


def judge(result: RaceResult, target: Target) -> Verdict:
    """Hold a race against one target."""
    heats = result.heats_of(target.contestant, _is_wanted(result, target.over))
    values = [value for heat in heats if (value := _value(result, target, heat)) is not None]
    if not values:
        return Verdict(target, None)
    return Verdict(target, statistics.median(values) if target.over is Over.MEDIAN_PROGRAM else max(values))
