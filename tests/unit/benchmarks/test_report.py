from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from racing.report import aligned, report_lines, summary_table, target_table, workload_table, write_json
from racing.results import Heat, RaceResult, Sample
from racing.targets import Measure, Over, Target, Verdict
from racing.workloads import MICRO, PROGRAM, CallCount


@pytest.fixture
def race() -> RaceResult:
    floor = Heat("floor", "fib", 1000, (Sample(1_000_000, 2_000_000), Sample(1_000_000, 2_100_000)))
    tracer = Heat("tracer", "fib", 1000, (Sample(1_000_000, 3_000_000), Sample(1_000_000, 3_150_000)))
    return RaceResult(
        machine={"python": "3.11.7"},
        heats=(floor, tracer),
        counts={"fib": CallCount(1000, 7)},
        kinds={"fib": MICRO},
        floors={"tracer": "floor"},
        absent={"trace0": "trace0 is not installed"},
    )


def test_columns_are_aligned_first_left_others_right() -> None:
    assert aligned([["name", "n"], ["a", "1,000"]]) == ["name      n", "a     1,000"]


def test_workload_table_shows_spread_added_time_and_ratio_to_the_floor(race: RaceResult) -> None:
    assert workload_table(race, "fib") == [
        "fib: plain 1.0 ms (1.0-1.0), 1,000 Python calls, 7 C calls",
        "        median    min-max  added ns/call        min-max  / floor  rounds",
        "floor    2.05x  2.00-2.10         1050.0  1000.0-1100.0                2",
        "tracer   3.08x  3.00-3.15         2075.0  2000.0-2150.0     1.50       2",
    ]


def test_summary_sums_up_real_programs_and_leaves_out_what_was_not_run(race: RaceResult) -> None:
    programs = {"json": 2.0, "difflib": 1.5, "argparse": 1.0}
    heats = tuple(Heat("tracer", name, 10, (Sample(100, round(100 * ratio)),)) for name, ratio in programs.items())
    whole = dataclasses.replace(race, heats=race.heats + heats, kinds=race.kinds | dict.fromkeys(programs, PROGRAM))

    assert summary_table(whole) == [
        "        fib: added ns/call  programs: median  worst",
        "floor               1050.0",
        "tracer              2075.0             1.50x  2.00x  json",
    ]


def test_target_table_says_reached_missed_by_how_much_or_not_measured() -> None:
    target = Target("a", Measure.RUN_TO, Over.WORST, 1.1, "floor")

    lines = target_table([Verdict(target, 1.05), Verdict(target, 1.25), Verdict(target, None)])

    assert [line.split("worst workload")[1].split() for line in lines[1:]] == [
        ["1.10", "1.05", "reached"],
        ["1.10", "1.25", "missed", "by", "0.15"],
        ["1.10", "not", "measured"],
    ]


def test_report_names_the_machine_and_who_was_left_out(race: RaceResult) -> None:
    lines = report_lines(race)

    assert lines[0] == "python: 3.11.7"
    assert lines[-2:] == ["left out:", "  trace0: trace0 is not installed"]


def test_json_holds_every_sample(race: RaceResult, tmp_path: Path) -> None:
    write_json(race, tmp_path / "race.json")

    document = json.loads((tmp_path / "race.json").read_text())
    assert document["heats"][1]["samples"][1] == {"plain_ns": 1_000_000, "with_ns": 3_150_000}
    assert document["absent"] == {"trace0": "trace0 is not installed"}
    assert {target["is_reached"] for target in document["targets"]} == {False}
