from __future__ import annotations

import dataclasses

import pytest
from tests.support.captures import CaptureBuilder

from callbox.model import ArenaCapture, Capture, EventKind
from callbox.recording import Recording, open_recording, write_box
from callbox.values.frozen import Cut


@pytest.fixture
def valued_capture() -> Capture:
    """Rows 0 to 3: main(n=1, name='long') -> None ( numbers(stop=9), fails() ) and, in another thread, leaf() -> 7."""
    builder = CaptureBuilder(mode="trace")
    main = builder.function("main", parameters=("n", "name"))
    numbers, fails = builder.function("numbers", parameters=("stop",)), builder.function("fails")
    first, second = builder.thread(), builder.thread("worker")
    first.values(1, "long").call(main).values(9).call(numbers, frame=5).values("first").suspend(numbers)
    first.call(fails).values("error").unwind(fails).values(None).ret(main)
    second.call(fails).values("seven").ret(fails)
    return builder.build()


@pytest.fixture
def values(valued_capture):
    return Recording(valued_capture).values


def test_arguments_stand_under_their_names(values) -> None:
    assert values.arguments(0) == {"n": 1, "name": "long"}
    assert values.arguments(1) == {"stop": 9}
    assert values.arguments(2) == {}


def test_results_and_exceptions_are_told_apart(values) -> None:
    assert [values.result(row) for row in range(4)] == [None, None, None, "seven"]
    assert [values.exception(row) for row in range(4)] == [None, None, "error", None]


def test_yielded_values_stand_beside_their_events(values) -> None:
    assert [values.result_at(event) for event in range(8)] == [None, None, "first", None, None, None, None, "seven"]


def test_recording_without_values_has_none(small_capture) -> None:
    assert Recording(small_capture).values is None


def test_values_come_back_from_a_box(valued_capture, tmp_path) -> None:
    write_box(valued_capture, tmp_path / "values.cbx")

    recording = open_recording(tmp_path / "values.cbx")

    assert recording.damage == ()
    assert recording.values.arguments(0) == {"n": 1, "name": "long"}
    assert recording.values.exception(2) == "error"
    assert recording.values.result(3) == "seven"


def test_damage_to_values_costs_values_alone(valued_capture, tmp_path) -> None:
    path = tmp_path / "values.cbx"
    write_box(valued_capture, path)
    data = bytearray(path.read_bytes())
    data[data.index(b"VALZ") + 32] ^= 1
    path.write_bytes(data)

    recording = open_recording(path)

    assert recording.damage[1:] == ("thread 0 ('MainThread') lacks 29 of its 29 bytes of values, from byte 0 on",)
    assert recording.n_events == 8
    assert recording.values.arguments(0) == {"n": 1, "name": Cut.LOST}
    assert recording.values.result(3) == "seven"


def test_arguments_that_were_overwritten_before_their_event_are_lost() -> None:
    builder = CaptureBuilder(mode="trace")
    main = builder.function("main", parameters=("a", "b"))
    builder.thread(capacity=3).values(1, 2).call(main).ret(main)

    values = Recording(builder.build()).values

    assert values.arguments(0) == {"a": Cut.LOST, "b": 2}
    assert values.result(0) is Cut.LOST


def test_call_that_lost_all_its_arguments_has_none() -> None:
    builder = CaptureBuilder(mode="trace")
    main = builder.function("main", parameters=("a", "b"))
    builder.thread(capacity=2).values(1, 2).call(main).ret(main)

    assert Recording(builder.build()).values.arguments(0) is None


def test_c_function_has_no_arguments() -> None:
    builder = CaptureBuilder(mode="trace")
    c_function = builder.function("len", is_c=True)
    thread = builder.thread()
    thread.event(EventKind.C_CALL, c_function).event(EventKind.C_RETURN, c_function)

    values = Recording(builder.build()).values

    assert values.arguments(0) is None
    assert values.result_at(1) is None


def test_record_that_is_damaged_is_lost() -> None:
    builder = CaptureBuilder(mode="trace")
    main = builder.function("main", parameters=("a",))
    builder.thread().values(b"\x63").call(main)

    assert Recording(builder.build()).values.arguments(0) == {"a": Cut.LOST}


def test_values_of_an_unwind_without_any_are_unknown(valued_capture) -> None:
    builder = CaptureBuilder(mode="trace")
    fails = builder.function("fails")
    builder.thread().call(fails).unwind(fails)

    assert Recording(builder.build()).values.exception(0) is None


def test_impossible_counts_of_values_are_no_crash(valued_capture) -> None:
    threads = tuple(
        dataclasses.replace(thread, values=ArenaCapture(head=-5, capacity=0)) for thread in valued_capture.threads
    )

    values = Recording(dataclasses.replace(valued_capture, threads=threads)).values

    assert values.arguments(0) == {"n": 1, "name": Cut.LOST}
