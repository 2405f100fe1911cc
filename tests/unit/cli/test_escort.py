"""Which processes of a recorded program are followed, and what is recorded of them."""

from __future__ import annotations

import dataclasses
import json
import sys

import pytest

from callbox.cli.escort import Escort, is_worth_following, with_spawned_main
from callbox.cli.flight_plan import FlightPlan
from callbox.engine import Options
from callbox.recording.parts import find_parts


@pytest.fixture
def plan(tmp_path):
    return FlightPlan(
        Options(max_events=64, filters=("json",)), "o.cbx", str(tmp_path / "o.cbx"), ("x.py",), folder=str(tmp_path)
    )


def test_child_is_followed_while_its_recording_has_a_folder(plan, tmp_path) -> None:
    words = ["python", "-c", "pass"]

    assert is_worth_following(plan, words)
    assert not is_worth_following(dataclasses.replace(plan, folder=None), words)
    assert not is_worth_following(dataclasses.replace(plan, folder=str(tmp_path / "gone")), words)


def test_resource_tracker_is_not_followed(plan) -> None:
    words = ["python", "-E", "-c", "from multiprocessing.resource_tracker import main;main(5)"]

    assert not is_worth_following(plan, words)


def test_main_module_is_recorded_under_its_name_in_a_spawned_process() -> None:
    options = Options(filters=("app.*", "__main__", "!__main__", "__main__x"))

    expected = ("app.*", "__main__", "__mp_main__", "!__main__", "!__mp_main__", "__main__x")
    assert with_spawned_main(options).filters == expected


def test_escort_records_between_begin_and_end(plan, tmp_path) -> None:
    escort = Escort(plan, sys.modules.keys())

    escort.begin()
    json.dumps([])
    escort.end()

    [[parts], _] = find_parts(tmp_path)
    assert len(parts.rings) == 1


def test_engine_that_cannot_start_leaves_the_process_alone(plan, tmp_path) -> None:
    occupied = dataclasses.replace(plan, options=Options(engine="setprofile"))
    sys.setprofile(lambda *event: None)
    escort = Escort(occupied, sys.modules.keys())

    try:
        escort.begin()
        escort.end()
    finally:
        sys.setprofile(None)

    assert find_parts(tmp_path) == ((), ())
