from __future__ import annotations

import gc

import pytest
from racing.contestant import Contestant
from racing.results import Sample
from racing.timing import Plan, run_heats, warm_up


class Track:
    """Work, contestant and clock in one: every run takes a millisecond, three while the contestant is on."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.is_on = False
        self.log: list[str] = []

    def clock_ns(self) -> int:
        return self.now_ns

    def work(self) -> None:
        self.log.append("on" if self.is_on else "plain")
        self.now_ns += 3_000_000 if self.is_on else 1_000_000

    def start(self) -> None:
        self.is_on = True

    def stop(self) -> None:
        self.is_on = False

    def reset(self) -> None:
        self.log.append("reset")

    def contestant(self, ring_events: int = 0) -> Contestant:
        return Contestant(self.start, self.stop, self.reset, ring_events)


@pytest.fixture
def track() -> Track:
    return Track()


def plan(track: Track, rounds: int, min_rounds: int = 1, budget_s: float = 60.0) -> Plan:
    return Plan(rounds, min_rounds, budget_s, track.clock_ns)


def test_every_round_times_plain_and_contestant_once(track: Track) -> None:
    [samples] = run_heats(track.work, [track.contestant()], 0, plan(track, rounds=3))

    assert samples == (Sample(1_000_000, 3_000_000),) * 3


def test_rounds_swap_who_goes_first_and_settle_before_each(track: Track) -> None:
    run_heats(track.work, [track.contestant()], 0, plan(track, rounds=2))

    warm_up_log, first, second = ["on", "reset"], ["plain", "plain", "on", "on", "reset"], ["on", "on", "reset"]
    assert track.log == [*warm_up_log, *first, *second, "plain", "plain"]


def test_spent_budget_ends_a_contestant_after_the_least_rounds(track: Track) -> None:
    [samples] = run_heats(track.work, [track.contestant()], 0, plan(track, rounds=9, min_rounds=2, budget_s=0.001))

    assert len(samples) == 2


def test_contestants_keep_their_order(track: Track) -> None:
    idle = Contestant(lambda: None, lambda: None)

    samples = run_heats(track.work, [idle, track.contestant()], 0, plan(track, rounds=1))

    assert samples == [(Sample(1_000_000, 1_000_000),), (Sample(1_000_000, 3_000_000),)]


def test_warm_up_fills_the_ring_once(track: Track) -> None:
    warm_up(track.work, track.contestant(ring_events=1000), 300, plan(track, rounds=1))

    assert track.log == ["on", "on", "on", "on", "reset"]


def test_warm_up_stops_at_the_budget(track: Track) -> None:
    warm_up(track.work, track.contestant(ring_events=10**9), 1, plan(track, rounds=1, budget_s=0.005))

    assert track.log == ["on", "on", "reset"]


def test_collector_is_off_during_every_run_and_back_on_afterwards(track: Track) -> None:
    during: list[bool] = []

    def work() -> None:
        during.append(gc.isenabled())
        track.work()

    run_heats(work, [track.contestant()], 0, plan(track, rounds=3))

    assert len(during) > 6
    assert not any(during[1:])  # the first warms up
    assert gc.isenabled()


def test_collector_is_back_on_and_contestant_off_when_the_work_fails(track: Track) -> None:
    def fail() -> None:
        track.work()
        if track.log.count("on") > 1:
            raise ValueError("broken workload")

    with pytest.raises(ValueError, match="broken workload"):
        run_heats(fail, [track.contestant()], 0, plan(track, rounds=1))

    assert gc.isenabled()
    assert not track.is_on
