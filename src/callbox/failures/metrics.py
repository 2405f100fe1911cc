"""Numbers of the failures: for people, for alerts, for monitoring systems."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from callbox.failures.catch import problems
from callbox.failures.extractor import FailureExtractor
from callbox.failures.history import History
from callbox.failures.production import current

_HELP = {
    "failures": "Failures that were captured, those that were only counted included.",
    "kinds": "Kinds of failures.",
    "failures_kept": "Failures that are kept in full.",
    "passed_kept": "Passed calls that are kept.",
    "store_bytes": "Size of the store.",
    "last_failure_timestamp": "When the last failure came, seconds since the epoch.",
    "memory_failures": "Failures in the memory of this process.",
    "memory_failures_limit": "How many there can be.",
    "memory_passed": "Passed calls in the memory of this process.",
    "memory_passed_limit": "How many there can be.",
    "capture_errors": "Captures that failed themselves, in this process.",
    "over_limit": "Failures that came faster than they may be captured, in this process.",
    "sampled_out": "Failures that were not in the sample, in this process.",
    "overhead_ratio": "Share of this process's own time that recording costs.",
    "overhead_budget_ratio": "What it may cost.",
    "recorder_level": "What is recorded to stay within the budget: 0 calls with values, 1 calls, 2 to 4 samples.",
    "recorder_steps_down": "How often less was recorded than before, in this process.",
}


def stats_of(history: History) -> dict[str, float]:
    """Count what a store holds, of all processes."""
    groups = history.groups()
    n_failures, n_passed = history.count_kept()
    return {
        "failures": sum(group.n for group in groups),
        "kinds": len(groups),
        "failures_kept": n_failures,
        "passed_kept": n_passed,
        "store_bytes": history.path.stat().st_size if history.path.exists() else 0,
        "last_failure_timestamp": max((group.last for group in groups), default=0.0),
    }


def process_stats() -> dict[str, float]:
    """Count what this process holds, what it could not capture, and what recording costs it."""
    stats = FailureExtractor().get_stats()
    found: dict[str, float] = {
        "memory_failures": stats["failures_count"],
        "memory_failures_limit": stats["max_failures_limit"],
        "memory_passed": stats["passed_count"],
        "memory_passed_limit": stats["max_passed_limit"],
        "capture_errors": problems.n_errors,
        "over_limit": problems.n_over_limit,
    }
    installation = current()
    if installation is not None:
        found["sampled_out"] = installation.n_sampled_out
    spending = installation.spending if installation is not None else None
    if spending is not None:
        found["overhead_ratio"] = spending.overhead
        found["overhead_budget_ratio"] = spending.budget
        found["recorder_level"] = int(spending.level)
        found["recorder_steps_down"] = spending.n_down
    return found


def prometheus_text(stats: Mapping[str, float], prefix: str = "callbox_") -> str:
    """Write numbers in Prometheus' text format, version 0.0.4."""
    lines = []
    for name, value in stats.items():
        lines += [f"# HELP {prefix}{name} {_HELP.get(name, name)}", f"# TYPE {prefix}{name} gauge"]
        lines.append(f"{prefix}{name} {value}")
    return "\n".join(lines) + "\n"


def register_metrics(meter: Any, history: History) -> None:
    """Offer the numbers as gauges of an OpenTelemetry meter.

    Args:
        meter: an `opentelemetry.metrics.Meter`.
        history: the store that they are of.
    """
    observation = importlib.import_module("opentelemetry.metrics").Observation
    for name, text in _HELP.items():

        def observe(_: Any, name: str = name) -> list[Any]:
            stats = process_stats()
            known = stats if name in stats else stats_of(history)
            return [observation(known[name])] if name in known else []

        meter.create_observable_gauge(f"callbox.{name}", callbacks=[observe], description=text)


def usage() -> dict[str, float]:
    """Return how full the memory of this process's extractor is: percent of `failures` and of `passed`."""
    stats = FailureExtractor().get_stats()
    return {
        "failures": 100 * stats["failures_count"] / stats["max_failures_limit"],
        "passed": 100 * stats["passed_count"] / stats["max_passed_limit"],
    }


def alerts(*, max_usage: float = 80.0, overhead: float | None = None, max_overhead: float = 20.0) -> list[str]:
    """Say what somebody should look at.

    Args:
        max_usage: percent of the extractor's memory for failures.
        overhead: percent that capturing costs, as `measure_overhead` returns it; None: what the recorder of
            `callbox.install` reckons, where there is one with a budget.
        max_overhead: percent that it may cost.
    """
    found = []
    stats, used = FailureExtractor().get_stats(), usage()
    if used["failures"] > max_usage:
        found.append(f"High failure memory usage: {used['failures']:.0f}%")
    if stats["failures_at_limit"]:
        found.append("Failure memory limit reached")
    if problems.n_errors:
        found.append(f"{problems.n_errors} captures failed themselves, the last with {problems.last}")
    if FailureExtractor().problem:
        found.append(f"Failures are not stored: {FailureExtractor().problem}")
    return found + _alerts_of_installation(overhead, max_overhead)


def _alerts_of_installation(overhead: float | None, max_overhead: float) -> list[str]:
    installation = current()
    found = list(installation.notes) if installation is not None else []
    spending = installation.spending if installation is not None else None
    if spending is not None:
        overhead = 100 * spending.overhead if overhead is None else overhead
        if spending.n_down > spending.n_up:
            found.append(f"To stay within {spending.budget:.1%}, less is recorded: level {spending.level.name.lower()}")
    if overhead is not None and overhead > max_overhead:
        found.append(f"High performance overhead: {overhead:.1f}%")
    return found


def measure_overhead(
    plain: Callable[[], object],
    watched: Callable[[], object],
    *,
    rounds: int = 30,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> float:
    """Measure what watching a function costs, in percent of its own time; both are called in turn.

    Args:
        plain: the function.
        watched: the same, decorated.
        rounds: how often each is called; the best times count.
        clock: nanoseconds.
    """
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for position, function in enumerate((plain, watched)):
            started = clock()
            function()
            best[position] = min(best[position], clock() - started)
    return max(0.0, 100 * (best[1] / max(best[0], 1) - 1))
