"""Percentiles of durations, known at any moment of a run."""

from __future__ import annotations

import bisect
import math


class Durations:
    """Durations in order of size; the exact nearest-rank percentiles of all that were added.

    Source: R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", 1996, definition 1.
    """

    def __init__(self) -> None:
        self._sorted: list[float] = []
        self._sum = 0.0

    def add(self, duration: float) -> None:
        """Add one."""
        bisect.insort(self._sorted, duration)
        self._sum += duration

    def __len__(self) -> int:
        return len(self._sorted)

    @property
    def mean(self) -> float:
        """The arithmetic mean; 0 of none."""
        return self._sum / len(self._sorted) if self._sorted else 0.0

    def percentile(self, percent: float) -> float:
        """Return the least duration that at least so many percent do not exceed; 0 of none."""
        if not self._sorted:
            return 0.0
        return self._sorted[max(0, math.ceil(percent / 100 * len(self._sorted)) - 1)]

    @property
    def median(self) -> float:
        """The middle one, or the mean of the middle two; 0 of none."""
        n = len(self._sorted)
        if not n:
            return 0.0
        return (self._sorted[(n - 1) // 2] + self._sorted[n // 2]) / 2
