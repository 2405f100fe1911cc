"""The store of runs."""

from __future__ import annotations

import datetime as dt

import pytest

from callbox.errors import NothingFoundError
from callbox.telemetry import history
from callbox.telemetry.history import RunHistory
from callbox.telemetry.kept import KeptTest

TEST = KeptTest("t\udc80", "passed", 1.5, 2, "a.py:1 f", 0, 7, "")
NOW = dt.datetime(2026, 1, 2, 3, 4, 5)


def test_tests_come_back_in_their_order(tmp_path) -> None:
    runs = RunHistory(tmp_path / "x.db")

    number = runs.add(NOW, {"total_tests": 2}, [TEST, KeptTest("a", "failed", 1, 0, "", 1, None, "why")])

    run = runs.find(number)
    assert (run.started, run.summary) == ("2026-01-02T03:04:05", {"total_tests": 2})
    assert [test.id for test in runs.tests(run)] == ["t?", "a"]
    assert runs.tests(run)[1] == KeptTest("a", "failed", 1.0, 0, "", 1, None, "why")
    runs.close()


def test_oldest_runs_are_forgotten(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(history, "MAX_RUNS", 2)
    runs = RunHistory(tmp_path / "x.db")

    numbers = [runs.add(NOW, {}, [TEST]) for _ in range(4)]

    assert [run.id for run in runs.runs()] == numbers[2:]
    assert runs.statuses(runs.find()) == {"t?": ["passed", "passed"]}
    runs.close()


def test_store_without_runs_says_how_to_make_one(tmp_path) -> None:
    with pytest.raises(NothingFoundError, match="run `pytest --callbox-telemetry`"):
        RunHistory(tmp_path / "x.db").find()
