"""What a race measured, and the arithmetic on it. No clock and no printing."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from racing.workloads import CallCount


@dataclass(frozen=True, slots=True)
class Sample:
    """One round: the same work without and with the contestant, one right after the other."""

    plain_ns: int
    with_ns: int

    @property
    def ratio(self) -> float:
        return self.with_ns / self.plain_ns

    @property
    def added_ns(self) -> int:
        return self.with_ns - self.plain_ns


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the median and the greatest of some measurements."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        values = sorted(values)
        return cls(values[0], statistics.median(values), values[-1])


@dataclass(frozen=True, slots=True)
class Heat:
    """One contestant on one workload; `samples` is in order of rounds."""

    contestant: str
    workload: str
    n_calls: int
    samples: tuple[Sample, ...]

    @property
    def ratio(self) -> Spread:
        """Time with over time without, per round."""
        return Spread.of(sample.ratio for sample in self.samples)

    @property
    def added_ns_per_call(self) -> Spread:
        """Time with less time without, per round, over the calls made."""
        return Spread.of(sample.added_ns / self.n_calls for sample in self.samples)

    def ratio_to(self, other: Heat) -> Spread:
        """Whole run of this contestant over that of another, per common round.

        Each is taken relative to the plain run next to it, so that a machine that
        grows slower during the race shifts both.
        """
        return Spread.of(mine.ratio / theirs.ratio for mine, theirs in zip(self.samples, other.samples, strict=False))

    def added_ratio_to(self, other: Heat) -> float:
        """Median added time over that of another contestant; infinite where the other added nothing."""
        theirs = other.added_ns_per_call.median
        return self.added_ns_per_call.median / theirs if theirs > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class RaceResult:
    """All heats of a race, and who was left out and why."""

    machine: Mapping[str, object]
    heats: tuple[Heat, ...]
    counts: Mapping[str, CallCount]
    kinds: Mapping[str, str]
    floors: Mapping[str, str]
    absent: Mapping[str, str]

    def heat(self, contestant: str, workload: str) -> Heat | None:
        """Return a heat, or None where it was not run."""
        found = (heat for heat in self.heats if (heat.contestant, heat.workload) == (contestant, workload))
        return next(found, None)

    def heats_of(self, contestant: str, is_wanted: Callable[[str], bool]) -> Sequence[Heat]:
        """Return a contestant's heats on the workloads wanted."""
        return [heat for heat in self.heats if heat.contestant == contestant and is_wanted(heat.workload)]

    def plain_ns(self, workload: str) -> Spread:
        """Every plain run of a workload, of all contestants' rounds: the machine's noise."""
        return Spread.of(sample.plain_ns for heat in self.heats if heat.workload == workload for sample in heat.samples)

    @property
    def workloads(self) -> Sequence[str]:
        """Workload names in order."""
        return list(self.counts)

    @property
    def contestants(self) -> Sequence[str]:
        """Names of those who ran, in order."""
        return list(dict.fromkeys(heat.contestant for heat in self.heats))
