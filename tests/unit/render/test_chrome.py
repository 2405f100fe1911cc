"""Chrome's trace event format."""

from __future__ import annotations

import io
import json

import pytest
from tests.support.timelines import SpokenValues, timeline_of

from callbox.model import Function
from callbox.render.chrome import write_chrome


def read(timeline, values=None) -> dict:
    file = io.BytesIO()
    write_chrome(file, timeline, values=values)
    return json.loads(file.getvalue())


def test_calls_are_complete_events_in_microseconds_after_the_first(draw) -> None:
    trace = read(timeline_of(draw("main\n  load").tree))

    calls = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert [(e["name"], e["cat"], e["pid"], e["tid"]) for e in calls] == [
        ("app.main", "python", 7, 1),
        ("app.load", "python", 7, 1),
    ]
    assert [(e["ts"], e["dur"]) for e in calls] == [(0.0, 3.0), (1.0, 1.0)]
    assert trace["otherData"]["epoch_ns"] == 1_700_000_000_000_000_000


def test_processes_and_threads_are_named(draw) -> None:
    trace = read(timeline_of(draw("# MainThread\nmain\n# clerk\nload").tree))

    named = [(e["name"], e["tid"], e["args"]["name"]) for e in trace["traceEvents"] if e["ph"] == "M"]
    assert named == [("process_name", 0, "process 7"), ("thread_name", 1, "MainThread"), ("thread_name", 2, "clerk")]


@pytest.mark.parametrize("mark", ["raised", "open", "lost", "suspended"])
def test_how_a_call_ended_stands_among_its_arguments(draw, mark) -> None:
    trace = read(timeline_of(draw(f"main {mark}").tree))

    assert trace["traceEvents"][-1]["args"] == {"outcome": mark}


def test_values_stand_among_the_arguments(draw) -> None:
    tree = draw("main\n  load raised").tree

    trace = read(timeline_of(tree), SpokenValues(tree))

    assert [e["args"] for e in trace["traceEvents"] if e["ph"] == "X"] == [
        {"arguments": {"x": "'0'"}, "result": "0"},
        {"arguments": {"x": "'1'"}, "exception": "Oops(1)", "outcome": "raised"},
    ]


def test_c_functions_are_a_category_of_their_own(draw) -> None:
    tree = draw("main").tree
    tree = type(tree)(tree.calls, {1: Function(1, "len", "len", "builtins", "", 0, is_c=True)}, tree.threads)

    assert read(timeline_of(tree))["traceEvents"][-1]["cat"] == "c"


def test_names_that_are_no_text_are_escaped(draw) -> None:
    tree = draw("main").tree
    tree = type(tree)(tree.calls, {1: Function(1, "f", 'f"\udce9\n', "app", "x.py", 1)}, tree.threads)

    assert read(timeline_of(tree))["traceEvents"][-1]["name"] == r'app.f"\udce9\n'
