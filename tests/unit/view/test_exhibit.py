from __future__ import annotations

import msgspec
import pytest

from callbox.errors import NothingFoundError
from callbox.recording import Recording
from callbox.view.answers import answer
from callbox.view.exhibit import Exhibit


def test_summary_names_the_recording_its_functions_and_lanes(exhibit) -> None:
    summary = exhibit.summary()

    assert (summary["name"], summary["calls"], summary["duration"]) == ("shop.cbx", 5, 19_000)
    assert {fn["name"] for fn in summary["functions"]} == {"main", "work", "numbers", "fails"}
    assert [lane["thread"] for lane in summary["lanes"]] == ["MainThread", "worker"]


def test_tile_has_function_and_outcome_of_each_rectangle(exhibit) -> None:
    tile = exhibit.tile(0, 6, 0, 0)

    assert tile["level"] == [0, 1, 1, 1, 2]
    assert tile["start"] == [0, 1_000, 3_000, 7_000, 4_000]
    assert tile["code"] == [1, 3, 2, 4, 3]
    assert tile["outcome"] == [1, 1, 1, 2, 1]
    assert "waits" not in tile


def test_tile_of_a_task_has_its_waits(tasks) -> None:
    tile = Exhibit(tasks, "t").tile(1, 6, 0, 0)

    assert (tile["waits"]["start"], tile["waits"]["end"]) == ([1_000], [6_000])


def test_call_says_what_it_was_and_where_it_stands(exhibit) -> None:
    call = exhibit.call(1)

    assert (call["code"], call["inclusive"], call["resumes"], call["thread"]) == (3, 2_000, 1, "MainThread")
    assert [caller["row"] for caller in call["callers"]] == [0]
    assert call["places"] == {"threads": {"lane": 0, "level": 1, "start": 1_000, "end": 2_000}}
    assert call["task"] is None


def test_call_of_a_task_stands_in_two_lanes(tasks) -> None:
    places = Exhibit(tasks, "t").call(1)["places"]

    assert places["threads"] == {"lane": 0, "level": 1, "start": 1_000, "end": 2_000}
    assert places["tasks"] == {"lane": 1, "level": 0, "start": 1_000, "end": 2_000}


def test_call_lists_what_it_called(exhibit) -> None:
    call = exhibit.call(0)

    assert ([entry["row"] for entry in call["callees"]], call["n_callees"]) == ([1, 2, 3], 3)


def test_values_are_written_as_text(builder) -> None:
    fails = builder.function("fails", parameters=("size", "name"))
    builder.thread().values(5, "tea").call(fails).values("bad").unwind(fails)

    call = Exhibit(Recording(builder.build()), "v").call(0)

    assert call["values"]["arguments"] == [["size", "5"], ["name", "'tea'"]]
    assert (call["values"]["result"], call["values"]["exception"]) == (None, "'bad'")


def test_names_that_are_no_text_are_escaped(builder) -> None:
    function = builder.function("f\udcff\x1b[2J", filename="\udcfe.py")
    builder.thread("t\udcfd").call(function).ret(function)
    exhibit = Exhibit(Recording(builder.build()), "\udcfc.cbx")

    shown = msgspec.json.decode(msgspec.json.encode([exhibit.summary(), exhibit.call(0), exhibit.dot]))

    assert shown[0]["functions"][0]["name"] == "f\\udcff\\x1b[2J"
    assert (shown[0]["name"], shown[1]["thread"]) == ("\\udcfc.cbx", "t\\udcfd")


def test_function_knows_its_callers_callees_and_slowest_calls(exhibit) -> None:
    function = exhibit.function(2)

    assert function["callers"] == [[1, 1]]
    assert [entry["inclusive"] for entry in function["slowest"]] == [3_000, 2_000]
    assert function["durations"] == {"first_power": 10, "counts": [1, 1]}


def test_hotspots_come_with_the_most_self_time_first(exhibit) -> None:
    assert exhibit.hotspots()[0]["code"] == 1


def test_graph_is_dot_with_ids_of_functions(exhibit) -> None:
    assert 'f1 [id="f1", class="heat' in exhibit.dot
    assert "f1 -> f2" in exhibit.dot


def test_exceptions_say_where_they_began_and_ended(exhibit) -> None:
    page = exhibit.exception_page(0)

    assert page["count"] == 1
    assert (page["entries"][0]["left"], page["entries"][0]["handler"]) == ([4], 1)
    assert exhibit.exception_page(1)["entries"] == []


@pytest.mark.parametrize(
    ("after", "backwards", "row"),
    [(-1, False, 4), (1_000, False, 2), (3_000, False, 4), (3_000, True, 4), (1_000, True, 2)],
)
def test_search_goes_from_call_to_call_and_round(exhibit, after, backwards, row) -> None:
    found = exhibit.following([2], after, backwards=backwards)

    assert (found["row"], found["count"]) == (row, 2)


def test_search_for_functions_without_calls_finds_none(exhibit) -> None:
    assert exhibit.following([99], 0, backwards=False) == {"row": None, "count": 0}
    assert exhibit.following([-1, 10**17], 0, backwards=False) == {"row": None, "count": 0}


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("nothing", {"box": "0"}),
        ("summary", {"box": "1"}),
        ("call", {"box": "0", "row": "99"}),
        ("call", {"box": "0", "row": "-1"}),
        ("function", {"box": "0", "code": "99"}),
        ("flame", {"box": "0", "root": "99"}),
        ("tile", {"box": "0", "lane": "9", "zoom": "0", "index": "0", "block": "0"}),
    ],
)
def test_question_about_what_is_not_there_says_so(exhibit, name, query) -> None:
    with pytest.raises(NothingFoundError, match="no "):
        answer([exhibit], name, query)


@pytest.mark.parametrize("text", ["", "x", "1.5", "9" * 30, "٣"])
def test_parameter_that_is_no_number_is_refused(exhibit, text) -> None:
    with pytest.raises(ValueError, match="row must be a whole number"):
        answer([exhibit], "call", {"box": "0", "row": text})


@pytest.mark.parametrize("numbers", [(-5, -5, -5), (10**17, 10**17, 10**17), (60, -(10**17), 0)])
def test_tile_out_of_any_range_is_empty(exhibit, numbers) -> None:
    zoom, index, block = numbers

    assert exhibit.tile(0, zoom, index, block)["row"] == []
