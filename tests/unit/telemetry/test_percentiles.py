"""Percentiles by nearest rank."""

from __future__ import annotations

import pytest

from callbox.telemetry.percentiles import Durations


def durations(*values: float) -> Durations:
    found = Durations()
    for value in values:
        found.add(value)
    return found


@pytest.mark.parametrize(("percent", "expected"), [(50, 5), (95, 10), (99, 10), (10, 1), (0, 1), (100, 10)])
def test_percentile_is_the_least_that_enough_do_not_exceed(percent, expected) -> None:
    assert durations(*range(10, 0, -1)).percentile(percent) == expected


def test_mean_and_median_of_even_odd_and_none() -> None:
    assert (durations(1, 2, 3, 10).median, durations(1, 2, 10).median, durations().median) == (2.5, 2, 0)
    assert (durations(1, 2, 3).mean, durations().mean, durations().percentile(95)) == (2, 0, 0)
