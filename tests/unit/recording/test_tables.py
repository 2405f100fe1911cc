"""A recording as Arrow tables."""

from __future__ import annotations

import contextlib

import pytest
from tests.support.captures import EPOCH_NS, CaptureBuilder

from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.model import EventKind, Outcome
from callbox.recording import Recording
from callbox.recording.tables import Tables

pyarrow = pytest.importorskip("pyarrow")


def rows(recording: Recording, name: str) -> list[dict]:
    table = Tables(recording, "a.cbx").table(name)
    return pyarrow.Table.from_batches(table.batches(), schema=table.schema).to_pylist()


def fails(key: str) -> None:
    raise KeyError(key)


@pytest.fixture
def recording(small_capture) -> Recording:
    return Recording(small_capture)


def test_calls_are_rows_with_names(recording) -> None:
    main, numbers, work, other, fails = rows(recording, "calls")

    assert (main["function"], main["parent"], main["start_ns"]) == ("app.main", None, EPOCH_NS + 1000)
    assert (numbers["function"], numbers["parent"], numbers["resumes"], numbers["outcome"]) == (
        "app.numbers",
        0,
        1,
        "returned",
    )
    assert (work["thread"], other["thread"], fails["thread"]) == (0, 1, 1)
    assert fails["outcome"] == "raised"
    assert main["process_id"] == 4321
    assert main["bytes"] is main["task"] is main["greenlet"] is None
    assert {row["box"] for row in rows(recording, "calls")} == {"a.cbx"}


def test_calls_are_those_of_the_tree(recording) -> None:
    calls = recording.tree.calls
    written = rows(recording, "calls")

    assert [row["call"] for row in written] == list(range(len(calls)))
    assert [row["self_ns"] for row in written] == calls["self_ns"].tolist()
    assert [row["outcome"] for row in written] == [Outcome(o).name.lower() for o in calls["outcome"].tolist()]


def test_events_are_those_of_the_recording(recording) -> None:
    events = recording.events
    written = rows(recording, "events")

    assert [row["t_ns"] for row in written] == events["t_ns"].tolist()
    assert [row["kind"] for row in written] == [EventKind(k).name.lower() for k in events["kind"].tolist()]
    assert [row["call"] for row in written] == events["call"].tolist()


def test_switch_is_of_no_function() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    builder.thread().call(main).event(EventKind.TASK_SWITCH, main, frame=5).ret(main)

    switch = rows(Recording(builder.build()), "events")[1]

    assert (switch["kind"], switch["function"], switch["function_id"], switch["frame"]) == (
        "task_switch",
        None,
        None,
        5,
    )


def test_events_of_every_kind_have_their_name() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    kinds = [kind for kind in EventKind if kind < EventKind.TIME]
    thread = builder.thread()
    [thread.event(kind, main) for kind in kinds]

    written = rows(Recording(builder.build()), "events")

    assert [row["kind"] for row in written] == [kind.name.lower() for kind in kinds]


def test_tasks_and_greenlets_are_told_apart() -> None:
    builder = CaptureBuilder()
    main, other = builder.function("main"), builder.function("other")
    builder.thread().event(EventKind.TASK_SWITCH, main, frame=5).call(main).ret(main)
    builder.thread("green").event(EventKind.GREENLET_SWITCH, other, frame=99).call(main).ret(main)

    task, greenlet = rows(Recording(builder.build()), "calls")

    assert (task["task"], task["greenlet"]) == (5, None)
    assert (greenlet["task"], greenlet["greenlet"]) == (None, 1)


def test_functions_and_threads_are_named(recording) -> None:
    functions, threads = rows(recording, "functions"), rows(recording, "threads")

    assert [(f["function_id"], f["function"], f["file"], f["line"]) for f in functions][:2] == [
        (1, "app.main", "app.py", 10),
        (2, "app.work", "app.py", 20),
    ]
    assert [(t["thread"], t["name"], t["events"], t["dropped"]) for t in threads] == [
        (0, "MainThread", 8, 0),
        (1, "worker", 4, 0),
    ]


def test_values_are_texts_with_their_role() -> None:
    builder = CaptureBuilder(mode="trace")
    add = builder.function("add", parameters=("a", "b"))
    count = builder.function("count")
    thread = builder.thread()
    thread.values(1, "x").call(add).values(3).ret(add)
    thread.call(count, frame=7).values(None).suspend(count)

    written = rows(Recording(builder.build()), "values")

    assert [(r["call"], r["role"], r["position"], r["name"], r["type"], r["value"]) for r in written] == [
        (0, "argument", 0, "a", "int", "1"),
        (0, "argument", 1, "b", "str", "'x'"),
        (0, "result", 0, None, "int", "3"),
        (1, "yield", 0, None, "NoneType", "None"),
    ]


def test_what_a_generator_is_sent_is_no_result() -> None:
    builder = CaptureBuilder(mode="trace")
    count = builder.function("count")
    builder.thread().call(count, frame=7).values(1).suspend(count).values("x").resume(count, frame=7)

    written = rows(Recording(builder.build()), "values")

    assert [(row["role"], row["value"]) for row in written] == [("yield", "1"), ("sent", "'x'")]


def test_exception_that_no_engine_can_tell_is_no_row() -> None:
    recorder = NativeRecorder(Options(filters=(__name__,), mode="trace"), "setprofile")
    recorder.start()
    with contextlib.suppress(KeyError):
        fails("no such key")
    recorder.stop()

    written = rows(Recording(recorder.capture()), "values")

    assert [(row["role"], row["value"]) for row in written] == [("argument", "'no such key'")]


def test_recording_without_values_has_no_rows_of_them(recording) -> None:
    assert rows(recording, "values") == []


def test_memory_is_there_where_it_was_recorded() -> None:
    builder = CaptureBuilder(memory=True)
    main = builder.function("main")
    builder.thread().call(main).ret(main, n_bytes=64, n_blocks=2)

    [call] = rows(Recording(builder.build()), "calls")

    assert (call["bytes"], call["blocks"]) == (64, 2)


@pytest.mark.parametrize("name", Tables.NAMES)
def test_table_of_an_empty_recording_has_no_rows(name) -> None:
    assert rows(Recording(CaptureBuilder().build()), name) == []


def test_large_tables_come_in_batches(recording, monkeypatch) -> None:
    whole = {name: rows(recording, name) for name in ("calls", "events")}
    monkeypatch.setattr("callbox.recording.tables._BATCH_ROWS", 2)

    assert {name: rows(recording, name) for name in ("calls", "events")} == whole
    assert len(list(Tables(recording, "a.cbx").table("calls").batches())) == 3
