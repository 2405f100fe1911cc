"""Several runs summarised."""

from __future__ import annotations

import pytest
from tests.support.drawing import draw

from callbox.tracing.metrics import compute_metrics
from callbox.tracing.runs import Runs, Spread, summarise_runs


@pytest.fixture
def runs() -> Runs:
    texts = {"a": "main\n  f", "b": "main\n  f\n  f\n  f", "c": "main\n  f\n  g raised\n  f"}
    return summarise_runs({name: compute_metrics(draw(text).tree) for name, text in texts.items()})


def test_functions_are_known_by_name_whatever_their_ids(runs) -> None:
    found = {entry.function.name: (entry.n_runs, entry.calls) for entry in runs.functions}

    assert found == {"main": (3, Spread(1, 1, 1)), "f": (3, Spread(1, 2, 3)), "g": (1, Spread(0, 0, 1))}


def test_times_are_those_of_the_middle_run(runs) -> None:
    [main, f, g] = runs.functions

    assert main.self_ns == Spread(2_000, 4_000, 4_000)
    assert main.inclusive_ns == Spread(3_000, 7_000, 7_000)
    assert f.self_ns == Spread(1_000, 2_000, 3_000)
    assert g.raised == Spread(0, 0, 1)
    assert runs.total_ns == Spread(3_000, 7_000, 7_000)


def test_even_number_of_runs_has_a_middle_between_two() -> None:
    assert Spread.of([1, 2, 4, 9]) == Spread(1, 3.0, 9)


def test_everything_is_there_for_json(runs) -> None:
    plain = runs.to_dict()

    assert list(plain["runs"]) == ["a", "b", "c"]
    assert plain["calls"] == {"min": 2, "median": 4, "max": 4}
    assert plain["functions"][0]["function"] == "app.main"
    assert plain["functions"][0]["self_time_s"] == {"min": 2e-6, "median": 4e-6, "max": 4e-6}
