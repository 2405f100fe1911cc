"""Percentiles by nearest rank."""

from __future__ import annotations

import pytest

from callbox.telemetry.percentiles import Durations


def durations(*values: float) -> Durations:
    found = Durations()
    for value in values:
        found.add(value)
    return found


@pytest.mark.parametrize(
    ("n", "p95", "p99"), [(1, 1, 1), (10, 10, 10), (20, 19, 20), (21, 20, 21), (100, 95, 99), (200, 190, 198)]
)
def test_percentile_is_the_least_that_enough_do_not_exceed(n, p95, p99) -> None:
    assert durations(*range(n, 0, -1)).statistics()[2:] == (p95, p99)


def test_mean_and_median_of_even_odd_and_none() -> None:
    even, odd, none = durations(1, 2, 3, 10), durations(1, 2, 10), durations()

    assert [each.statistics()[1] for each in (even, odd, none)] == [2.5, 2, 0]
    assert [each.statistics()[0] for each in (even, odd, none)] == [4, 4.333, 0]
    assert even.total == 16
