from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import race
from racing.contestant import AbsentError, Contestant, Entrant
from racing.floors import FLOORS
from racing.timing import Plan
from racing.workloads import WORKLOADS, count_calls

NAMES = ["profile-empty", "profile-ring", "yappi"]


def test_names_are_selected_by_globs_in_their_own_order() -> None:
    assert race.select_names("yappi, profile-r*", NAMES) == ["profile-ring", "yappi"]


def test_pattern_that_selects_nothing_is_an_error_that_lists_the_names() -> None:
    with pytest.raises(ValueError, match=r"'kolo' names none of: profile-empty, profile-ring, yappi"):
        race.select_names("yappi,kolo", NAMES)


def test_absent_contestants_are_named_with_their_reason() -> None:
    def enter() -> Contestant:
        raise AbsentError("kolo is not installed")

    assert race.enter_all([Entrant("kolo", enter)]) == ({}, {"kolo": "kolo is not installed"})


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_workloads_do_the_same_work_every_time(workload) -> None:
    first, second = workload.prepare(), workload.prepare()

    assert first() == first() == second()


def test_calls_are_counted_exactly() -> None:
    def leaf() -> int:
        return len("abc")

    counted = count_calls(lambda: [leaf(), leaf()])

    assert (counted.python, counted.c) == (3, 2)


def test_race_of_a_python_hook_reports_it_on_every_workload() -> None:
    entrants = [entrant for entrant in race.ENTRANTS if entrant.name == "setprofile-python"]
    workloads = [workload for workload in WORKLOADS if workload.name in ("fib", "difflib")]

    result = race.run_race(workloads, entrants, Plan(rounds=1, min_rounds=1, budget_s=0.0))

    assert [(heat.contestant, heat.workload) for heat in result.heats] == [
        ("setprofile-python", "fib"),
        ("setprofile-python", "difflib"),
    ]
    assert result.counts["fib"].python == 392_836


@pytest.mark.skipif(shutil.which("cc") is None, reason="the floors are compiled")
@pytest.mark.parametrize("name", ["profile-empty", "profile-ring"])
def test_floor_hooks_compile_and_leave_nothing_behind(name: str) -> None:
    [floor] = [entrant for entrant in FLOORS if entrant.name == name]
    contestant = floor.enter()

    contestant.start()
    during = sys.getprofile()
    contestant.stop()

    assert during is not None
    assert sys.getprofile() is None


def test_command_writes_json_and_leaves_out_what_it_was_not_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--workloads", "fib", "--peers", "setprofile-python", "--rounds", "1", "--budget", "0"]

    code = race.main([*arguments, "--json", str(tmp_path / "race.json")])

    assert code == 0
    assert "setprofile-python" in capsys.readouterr().out
    assert [heat["workload"] for heat in json.loads((tmp_path / "race.json").read_text())["heats"]] == ["fib"]


def test_command_draws_the_race(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    arguments = ["--workloads", "fib", "--peers", "setprofile-python", "--rounds", "1", "--budget", "0"]

    race.main([*arguments, "--svg", str(tmp_path / "race.svg")])

    assert "<svg" in (tmp_path / "race.svg").read_text()


def test_command_refuses_an_unknown_peer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        race.main(["--peers", "kolo"])

    assert stopped.value.code == 2
    assert "'kolo' names none of" in capsys.readouterr().err


def test_command_refuses_a_file_in_no_folder_before_it_races(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        race.main(["--json", str(tmp_path / "missing" / "race.json")])

    assert stopped.value.code == 2
    assert "there is no folder" in capsys.readouterr().err
