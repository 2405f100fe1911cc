from __future__ import annotations

from racing.results import Heat, RaceResult, Sample
from racing.targets import Measure, Over, Target, judge
from racing.workloads import MICRO, PROGRAM, CallCount

KINDS = {"fib": MICRO, "json": PROGRAM, "difflib": PROGRAM, "argparse": PROGRAM}


def result(ratios: dict[tuple[str, str], float]) -> RaceResult:
    heats = tuple(
        Heat(contestant, workload, 10, (Sample(100, round(100 * ratio)),))
        for (contestant, workload), ratio in ratios.items()
    )
    return RaceResult({}, heats, dict.fromkeys(KINDS, CallCount(10, 0)), KINDS, {}, {})


def test_median_program_leaves_out_micro_workloads() -> None:
    race = result({("a", "fib"): 9.0, ("a", "json"): 1.1, ("a", "difflib"): 1.2, ("a", "argparse"): 1.6})

    verdict = judge(race, Target("a", Measure.RUN, Over.MEDIAN_PROGRAM, 1.3))

    assert (verdict.measured, verdict.is_reached) == (1.2, True)


def test_worst_program_is_missed_by_one_slow_program() -> None:
    race = result({("a", "fib"): 9.0, ("a", "json"): 1.1, ("a", "difflib"): 1.6})

    verdict = judge(race, Target("a", Measure.RUN, Over.WORST_PROGRAM, 1.3))

    assert (verdict.measured, verdict.is_reached) == (1.6, False)


def test_whole_run_against_a_floor_takes_the_worst_workload() -> None:
    race = result({("a", "fib"): 3.0, ("a", "json"): 2.2, ("floor", "fib"): 3.0, ("floor", "json"): 2.0})

    verdict = judge(race, Target("a", Measure.RUN_TO, Over.WORST, 1.1, "floor"))

    assert verdict.measured == 1.1
    assert verdict.is_reached


def test_added_time_against_a_peer_is_taken_on_fib() -> None:
    race = result({("a", "fib"): 1.5, ("peer", "fib"): 6.0, ("a", "json"): 3.0, ("peer", "json"): 2.0})

    verdict = judge(race, Target("a", Measure.ADDED_TO, Over.FIB, 0.15, "peer"))

    assert verdict.measured == 0.1


def test_absent_contestant_or_reference_is_not_measured_and_not_reached() -> None:
    race = result({("a", "fib"): 1.5})

    without_reference = judge(race, Target("a", Measure.ADDED_TO, Over.FIB, 0.15, "peer"))
    without_contestant = judge(race, Target("b", Measure.RUN, Over.WORST, 1.0))

    assert (without_reference.measured, without_reference.is_reached) == (None, False)
    assert (without_contestant.measured, without_contestant.is_reached) == (None, False)
