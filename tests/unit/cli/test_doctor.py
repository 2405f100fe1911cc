"""What the doctor measures, on a clock that tells what the test says."""

from __future__ import annotations

import itertools

import pytest

from callbox.cli.doctor import measure


def test_cost_is_the_difference_of_the_best_rounds() -> None:
    without_and_with = [1000, 9000, 900, 17622, 950, 50000] + [2000, 60000] * 4
    readings = itertools.chain.from_iterable((0, t_ns) for t_ns in without_and_with)

    cost = measure("setprofile", clock=lambda: next(readings))

    assert cost.ratio == pytest.approx(9000 / 900)
    assert cost.ns_per_event == pytest.approx((9000 - 900) / (2 * 8361))
    assert cost.problem == ""


def test_engine_that_cannot_record_says_why() -> None:
    cost = measure("steam")

    assert cost.ratio is None
    assert "unknown engine 'steam'" in cost.problem


def test_recording_is_over_when_it_is_measured() -> None:
    assert measure("setprofile").ratio is not None
    assert measure("setprofile").ratio is not None
