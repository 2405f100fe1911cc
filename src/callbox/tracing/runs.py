"""What several runs of a program cost: each function by its middle run, with how far runs lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from callbox.tracing.forest import function_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from callbox.model import Function
    from callbox.tracing.metrics import FunctionMetrics, Metrics

_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class Spread:
    """An amount over several runs; a run in which it does not occur has none of it."""

    least: int
    middle: float
    most: int

    @classmethod
    def of(cls, amounts: Sequence[int]) -> Spread:
        """Summarise amounts, one for each run."""
        return cls(min(amounts), median(amounts), max(amounts))

    @property
    def is_constant(self) -> bool:
        """Whether it was the same in every run."""
        return self.least == self.most

    def to_dict(self, unit: float = 1) -> dict[str, float]:
        """Return it as plain values, divided by a unit."""
        return {"min": self.least / unit, "median": self.middle / unit, "max": self.most / unit}


@dataclass(frozen=True, slots=True)
class FunctionRuns:
    """What one function cost in several runs."""

    function: Function
    n_runs: int
    """Runs in which it was called."""
    calls: Spread
    raised: Spread
    self_ns: Spread
    inclusive_ns: Spread


@dataclass(frozen=True, slots=True)
class Runs:
    """What several runs cost."""

    metrics: Mapping[str, Metrics]
    """Of each run, by its name."""
    total_ns: Spread
    calls: Spread
    functions: tuple[FunctionRuns, ...]
    """By middle self time, most first."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON; times are in seconds."""
        return {
            "runs": {
                name: {"total_time_s": each.total_ns / _NS_PER_S, "calls": each.n_calls, "exceptions": each.n_raised}
                for name, each in self.metrics.items()
            },
            "total_time_s": self.total_ns.to_dict(_NS_PER_S),
            "calls": self.calls.to_dict(),
            "functions": [
                {
                    "function": entry.function.full_name,
                    "file": entry.function.filename,
                    "line": entry.function.line_number,
                    "runs": entry.n_runs,
                    "calls": entry.calls.to_dict(),
                    "exceptions": entry.raised.to_dict(),
                    "self_time_s": entry.self_ns.to_dict(_NS_PER_S),
                    "inclusive_time_s": entry.inclusive_ns.to_dict(_NS_PER_S),
                }
                for entry in self.functions
            ],
        }


def summarise_runs(metrics: Mapping[str, Metrics]) -> Runs:
    """Summarise several runs.

    Args:
        metrics: of each run, by name; at least one. A function is the same in two runs if module and qualified name
            are.
    """
    by_key: dict[Any, list[list[FunctionMetrics]]] = {}
    for place, each in enumerate(metrics.values()):
        for entry in each.functions:
            runs = by_key.setdefault(function_key(entry.function), [[] for _ in metrics])
            runs[place].append(entry)
    functions = [_function_runs(runs) for runs in by_key.values()]
    functions.sort(key=lambda entry: (-entry.self_ns.middle, entry.function.full_name))
    return Runs(
        metrics=metrics,
        total_ns=Spread.of([each.total_ns for each in metrics.values()]),
        calls=Spread.of([each.n_calls for each in metrics.values()]),
        functions=tuple(functions),
    )


def _function_runs(runs: Sequence[Sequence[FunctionMetrics]]) -> FunctionRuns:
    def spread(field: str) -> Spread:
        return Spread.of([sum(getattr(entry, field) for entry in entries) for entries in runs])

    newest = next(entries[0] for entries in reversed(runs) if entries)
    return FunctionRuns(
        function=newest.function,
        n_runs=sum(1 for entries in runs if entries),
        calls=spread("n_calls"),
        raised=spread("n_raised"),
        self_ns=spread("self_ns"),
        inclusive_ns=spread("inclusive_ns"),
    )
