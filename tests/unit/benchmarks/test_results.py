from __future__ import annotations

import math

import pytest
from racing.results import Heat, RaceResult, Sample, Spread
from racing.workloads import MICRO, CallCount


def heat(contestant: str, *samples: tuple[int, int], n_calls: int = 10) -> Heat:
    return Heat(contestant, "fib", n_calls, tuple(Sample(plain, timed) for plain, timed in samples))


def test_spread_is_least_median_and_greatest() -> None:
    assert Spread.of([3.0, 1.0, 2.0, 10.0]) == Spread(1.0, 2.5, 10.0)


def test_ratio_is_taken_round_by_round_before_the_median() -> None:
    slow_machine_in_last_round = heat("a", (100, 150), (100, 130), (1000, 1400))

    assert slow_machine_in_last_round.ratio == Spread(1.3, 1.4, 1.5)


def test_added_time_is_divided_by_calls() -> None:
    assert heat("a", (100, 150), (100, 170), (100, 120)).added_ns_per_call == Spread(2.0, 5.0, 7.0)


def test_added_time_below_noise_may_be_negative() -> None:
    assert heat("a", (100, 90)).added_ns_per_call.median == -1.0


def test_ratio_to_another_compares_common_rounds_relative_to_their_plain_runs() -> None:
    mine = heat("a", (100, 300), (200, 600), (100, 999))
    floor = heat("b", (100, 200), (100, 150))

    assert mine.ratio_to(floor) == Spread(1.5, 1.75, 2.0)


def test_added_ratio_to_another_compares_medians() -> None:
    mine, other = heat("a", (100, 110), (100, 130)), heat("b", (100, 200))

    assert mine.added_ratio_to(other) == pytest.approx(0.2)


def test_added_ratio_to_one_that_added_nothing_is_infinite() -> None:
    assert math.isinf(heat("a", (100, 110)).added_ratio_to(heat("b", (100, 100))))


def test_race_knows_its_heats_and_the_noise_of_all_plain_runs() -> None:
    fast, slow = heat("a", (100, 110), (104, 120)), heat("b", (90, 180))
    result = RaceResult({}, (fast, slow), {"fib": CallCount(10, 0)}, {"fib": MICRO}, {}, {"c": "not installed"})

    assert result.heat("b", "fib") is slow
    assert result.heat("c", "fib") is None
    assert result.plain_ns("fib") == Spread(90, 100, 104)
    assert result.contestants == ["a", "b"]
