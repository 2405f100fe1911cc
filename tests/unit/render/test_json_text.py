"""The call tree for programs."""

from __future__ import annotations

import dataclasses
import json

import numpy as np

from callbox.render.json_text import format_json


def test_tree_is_written_with_documented_keys(draw) -> None:
    drawing = draw("main\n  fails raised")

    assert json.loads(format_json(drawing.tree)) == {
        "format": "callbox.calls",
        "version": 1,
        "epoch_ns": 1_700_000_000_000_000_000,
        "threads": [
            {"name": "MainThread", "ident": 1, "native_id": 1, "process_id": 7, "events": 4, "dropped": 0},
        ],
        "functions": [
            {"module": "app", "qualified_name": "main", "name": "main", "file": "app.py", "line": 10, "is_c": False},
            {"module": "app", "qualified_name": "fails", "name": "fails", "file": "app.py", "line": 20, "is_c": False},
        ],
        "calls": [
            {
                "parent": None,
                "function": 0,
                "thread": 0,
                "depth": 0,
                "start_ns": 0,
                "end_ns": 3000,
                "inclusive_ns": 3000,
                "self_ns": 2000,
                "outcome": "returned",
                "resumes": 0,
                "is_partial": False,
            },
            {
                "parent": 0,
                "function": 1,
                "thread": 0,
                "depth": 1,
                "start_ns": 1000,
                "end_ns": 2000,
                "inclusive_ns": 1000,
                "self_ns": 1000,
                "outcome": "raised",
                "resumes": 0,
                "is_partial": False,
            },
        ],
    }


def test_allocations_are_written_where_they_were_recorded(draw) -> None:
    tree = dataclasses.replace(draw("main").tree, alloc=np.array([[640, 3]], np.uint64))

    (call,) = json.loads(format_json(tree))["calls"]

    assert (call["bytes"], call["blocks"]) == (640, 3)


def test_functions_are_numbered_by_first_call_and_unused_ones_left_out(draw) -> None:
    tree = draw("b\n  a\nb").tree
    functions = {**tree.functions, 9: tree.functions[1]}

    document = json.loads(format_json(dataclasses.replace(tree, functions=functions)))

    assert [function["name"] for function in document["functions"]] == ["b", "a"]
    assert [call["function"] for call in document["calls"]] == [0, 1, 0]


def test_text_does_not_depend_on_ids_of_functions(draw) -> None:
    tree = draw("b\n  a").tree
    calls = tree.calls.copy()
    calls["code"] += 1000
    moved = dataclasses.replace(tree, calls=calls, functions={k + 1000: f for k, f in tree.functions.items()})

    assert format_json(moved) == format_json(tree)


def test_each_row_is_a_line(draw) -> None:
    lines = format_json(draw("main\n  a\n  b").tree).splitlines()

    assert len([line for line in lines if line.startswith('{"parent"')]) == 3


def test_lost_function_is_null(draw) -> None:
    tree = dataclasses.replace(draw("main").tree, functions={})

    assert json.loads(format_json(tree))["functions"] == [None]


def test_names_that_are_no_text_are_escaped(draw) -> None:
    tree = draw("main").tree
    functions = {1: dataclasses.replace(tree.functions[1], filename="\udcff\n.py", qualified_name='a"b')}

    (function,) = json.loads(format_json(dataclasses.replace(tree, functions=functions)))["functions"]

    assert (function["file"], function["qualified_name"]) == ("\\udcff\n.py", 'a"b')


def test_empty_tree_is_an_object_too(draw) -> None:
    document = json.loads(format_json(draw("").tree))

    assert (document["epoch_ns"], document["functions"], document["calls"]) == (0, [], [])


class CallDetails:
    """Arguments and results that tell the row of their call."""

    def details(self, row: int) -> dict[str, object]:
        return {"arguments": {"n": str(row)}, "result": None, "exception": None}


def test_values_are_written_where_they_are_given(draw) -> None:
    calls = json.loads(format_json(draw("main\n  load").tree, values=CallDetails()))["calls"]

    assert [call["arguments"] for call in calls] == [{"n": "0"}, {"n": "1"}]
    assert [(call["result"], call["exception"]) for call in calls] == [(None, None)] * 2
