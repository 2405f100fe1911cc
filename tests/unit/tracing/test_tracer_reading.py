"""What a tracer gives back: recordings, events, metrics, text, boxes."""

from __future__ import annotations

import json
import tracemalloc
from collections import deque
from itertools import repeat

import numpy as np
import pytest

from callbox import ConfigError, RecordingError, open_recording
from callbox.tracing import FunctionTracer
from callbox.tracing.events import iter_events

HERE = __name__


class Failure(Exception):
    pass


def leaf() -> int:
    return 1


def echo(text: str) -> str:
    return text


def branch() -> int:
    return leaf() + leaf()


def fail() -> None:
    raise Failure("no")


@pytest.fixture
def tracer() -> FunctionTracer:
    return FunctionTracer([HERE])


def names(tracer: FunctionTracer) -> list[str]:
    """Return the functions that were called, in order."""
    return [event.function_name for event in tracer.filter_events(event_type="call")]


def test_reading_while_recording_shows_what_was_so_far(tracer) -> None:
    with tracer:
        leaf()
        first = tracer.get_trace()
        branch()
        second = tracer.get_trace()

    assert [len(recording.tree.calls) for recording in (first, second)] == [1, 4]
    assert first.n_events == 2


def test_recording_handed_out_survives_a_later_start() -> None:
    tracer = FunctionTracer(HERE, max_events=64)
    with tracer:
        branch()
    recording = tracer.recording
    with tracer:
        for _ in range(1000):
            leaf()

    assert [recording.functions[code].name for code in recording.tree.calls["code"]] == ["branch", "leaf", "leaf"]


def test_stopped_tracer_decodes_once(tracer) -> None:
    with tracer:
        leaf()

    assert tracer.get_trace() is tracer.recording
    assert tracer.events is tracer.events


def test_list_of_events_is_the_callers_own(tracer) -> None:
    with tracer:
        leaf()

    tracer.get_events().clear()

    assert len(tracer.get_events()) == 2


def test_events_are_filtered_by_what_is_asked(tracer) -> None:
    with tracer:
        branch()
        with pytest.raises(Failure):
            fail()

    assert {e.function_name for e in tracer.filter_events(function="l*")} == {"leaf"}
    assert [e.function_name for e in tracer.filter_events(event_type="unwind")] == ["fail"]
    assert tracer.filter_events(module="nowhere") == []
    assert tracer.filter_events(min_duration=60.0) == []
    assert tracer.filter_events(thread_id=-1) == []


def test_events_are_also_an_array(tracer) -> None:
    with tracer:
        branch()

    array = tracer.to_numpy()

    assert array.shape == (6,)
    assert np.all(np.diff(array["t_ns"]) >= 0)


def test_metrics_are_plain_values(tracer) -> None:
    with tracer:
        branch()

    metrics = tracer.get_metrics()

    assert metrics["total_calls"] == 3
    assert json.loads(json.dumps(metrics)) == metrics


def test_call_graph_knows_who_called_whom(tracer) -> None:
    with tracer:
        branch()

    (edge,) = tracer.get_call_graph().edges

    assert (edge.caller.name, edge.callee.name, edge.n_calls) == ("branch", "leaf", 2)


@pytest.mark.parametrize("spelling", ["format", "format_type"])
@pytest.mark.parametrize(
    ("name", "beginning"),
    [("tree", "branch()\n"), ("flat", "    seconds"), ("json", '{"format":'), ("dot", "digraph")],
)
def test_trace_is_written_in_the_format_asked_for(tracer, spelling, name, beginning) -> None:
    with tracer:
        branch()

    assert tracer.format_trace(**{spelling: name}).startswith(beginning)


def test_options_reach_the_format(tracer) -> None:
    with tracer:
        branch()

    assert tracer.format_trace("tree", fold_repeats=False).count("leaf") == 2
    assert "seconds" not in tracer.format_trace("flat", show_times=False)


def test_unknown_format_is_an_error_that_names_the_known_ones(tracer) -> None:
    with pytest.raises(ConfigError, match="unknown format 'xml': choose one of tree, flat, json, dot"):
        tracer.format_trace("xml")


def test_saved_box_holds_the_recording(tracer, tmp_path) -> None:
    with tracer:
        branch()

    tracer.save(tmp_path / "trace.cbx")

    assert len(open_recording(tmp_path / "trace.cbx").tree.calls) == 3


def test_path_is_saved_to_on_stop(tmp_path) -> None:
    with FunctionTracer(HERE, path=tmp_path / "trace.cbx"):
        leaf()

    recording = open_recording(tmp_path / "trace.cbx")
    assert len(recording.tree.calls) == 1
    assert recording.header.is_complete


def test_reading_a_stopped_tracer_copies_none_of_what_it_keeps() -> None:
    with FunctionTracer(HERE, mode="trace") as first:
        leaf()
    assert first.get_trace().n_events == 2  # what reads is imported
    tracer = FunctionTracer(HERE, mode="trace", all_values=True, max_events=1 << 16)
    with tracer:
        deque(map(echo, repeat("a text that takes its place", 1 << 15)), 0)

    tracemalloc.start()
    trace = tracer.get_trace()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert trace.capture.threads[0].values.head > 1 << 20
    assert peak < 1 << 19


def test_what_was_read_stays_as_it_was_when_all_of_it_is_overwritten() -> None:
    tracer = FunctionTracer(HERE, mode="trace", all_values=True, max_events=64)
    with tracer:
        deque(map(echo, ["first"] * 100), 0)
    trace = tracer.get_trace()
    with tracer:
        deque(map(echo, ["second"] * 100), 0)

    texts = {str(event.return_value) for event in iter_events(trace) if event.event_type == "return"}

    assert texts == {"first"}
    assert {str(event.return_value) for event in tracer.events if event.event_type == "return"} == {"second"}


def test_path_holds_an_unfinished_box_while_recording(tmp_path) -> None:
    with FunctionTracer(HERE, path=tmp_path / "trace.cbx"):
        leaf()
        is_complete = open_recording(tmp_path / "trace.cbx").header.is_complete

    assert not is_complete


def test_path_is_kept_when_the_tracer_starts_again(tmp_path) -> None:
    tracer = FunctionTracer(HERE, path=tmp_path / "trace.cbx")
    with tracer:
        leaf()
    with tracer:
        n_calls = len(open_recording(tmp_path / "trace.cbx").tree.calls)

    assert n_calls == 1


def test_path_that_cannot_be_written_fails_before_the_start(tmp_path) -> None:
    tracer = FunctionTracer(HERE, path=tmp_path / "missing" / "trace.cbx")

    with pytest.raises(ConfigError, match="missing"):
        tracer.start()

    assert not tracer.is_recording


def test_box_that_cannot_be_saved_does_not_hide_the_exception_of_the_block(tmp_path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(Failure) as caught, FunctionTracer(HERE, path=folder / "trace.cbx"):
        (folder / "trace.cbx").unlink()
        folder.rmdir()
        fail()

    assert "cannot write the box" in caught.value.__notes__[0]


def test_box_that_cannot_be_saved_is_an_error_of_its_own(tmp_path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(RecordingError, match="cannot write the box"), FunctionTracer(HERE, path=folder / "trace.cbx"):
        (folder / "trace.cbx").unlink()
        folder.rmdir()
