"""Functions of several processes in one table, each under an id that a slot can hold."""

from __future__ import annotations

import pytest
from tests.support.parts import function

from callbox.recording.functions import FunctionTable
from callbox.recording.slots import N_CODES


def test_functions_of_a_fork_keep_their_numbers() -> None:
    table = FunctionTable((function(1, "load"), function(2, "save")))

    assert table.map_ids((function(1, "load"), function(3, "send")))[[1, 3]].tolist() == [1, 3]


def test_function_whose_number_is_taken_gets_another() -> None:
    table = FunctionTable((function(1, "load"),))

    ids = table.map_ids((function(1, "save"),))

    assert {f.name: f.id for f in table.functions() if f.id == ids[1]} == {"save": ids[1]}
    assert ids[1] != 1


@pytest.mark.parametrize("number", [N_CODES - 1, N_CODES - 2])
def test_highest_number_leaves_room_for_other_processes(number) -> None:
    table = FunctionTable((function(number, "load"), function(1, "save")))

    table.map_ids((function(1, "send"), function(2, "open"), function(number, "read")))

    assert max(f.id for f in table.functions()) == number
    assert len({f.id for f in table.functions()}) == 6


def test_ids_beyond_the_last_are_unknown() -> None:
    table = FunctionTable()

    ids = table.map_ids((function(4, "load"),))

    assert [f.name for f in table.functions() if f.id == ids[-1]] == ["<unknown>"]
