"""Percentiles of durations, known at any moment of a run."""

from __future__ import annotations

import bisect


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
    def total(self) -> float:
        """All of them together."""
        return self._sum

    def statistics(self) -> tuple[float, float, float, float]:
        """Return mean, median, and the percentiles that records have, 95 and 99; 0 of none."""
        ordered = self._sorted
        n = len(ordered)
        if not n:
            return 0.0, 0.0, 0.0, 0.0
        return (
            int(self._sum / n * 1000 + 0.5) / 1000,  # rounding takes ten times as long
            int((ordered[(n - 1) // 2] + ordered[n // 2]) * 500 + 0.5) / 1000,
            ordered[-(-95 * n // 100) - 1],
            ordered[-(-99 * n // 100) - 1],
        )
