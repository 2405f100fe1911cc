"""Speedscope files, held to speedscope's own schema."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from tests.support.timelines import timeline_of

from callbox.render.speedscope import write_speedscope

SCHEMA = Path(__file__).parents[2] / "gold" / "schemas" / "speedscope.json"


def read(timeline) -> dict:
    file = io.BytesIO()
    write_speedscope(file, timeline, name="shop.cbx")
    return json.loads(file.getvalue())


def spoken(written: dict, profile: int = 0) -> list[str]:
    names = [frame["name"] for frame in written["shared"]["frames"]]
    return [f"{e['type']} {names[e['frame']]} {e['at']}" for e in written["profiles"][profile]["events"]]


def test_file_follows_the_schema(draw) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    written = read(timeline_of(draw("# MainThread\nmain\n  load\n# clerk\nload open").tree))

    errors = list(jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).iter_errors(written))

    assert errors == []
    assert written["$schema"] == "https://www.speedscope.app/file-format-schema.json"


def test_calls_open_and_close_in_order(draw) -> None:
    written = read(timeline_of(draw("main\n  load\n  sort").tree))

    assert spoken(written) == [
        "O app.main 0",
        "O app.load 1000",
        "C app.load 2000",
        "O app.sort 3000",
        "C app.sort 4000",
        "C app.main 5000",
    ]
    assert (written["profiles"][0]["startValue"], written["profiles"][0]["endValue"]) == (0, 5000)


def test_every_thread_has_a_profile(draw) -> None:
    written = read(timeline_of(draw("# MainThread\nmain\n# clerk\nload").tree))

    assert [profile["name"] for profile in written["profiles"]] == ["MainThread", "clerk"]
    assert spoken(written, 1)[0].startswith("O app.load")


def test_processes_are_named_where_there_are_several(draw) -> None:
    tree = draw("# one\nf\n# two\nf").tree
    tree = type(tree)(tree.calls, tree.functions, [tree.threads[0], type(tree.threads[1])(9, 9, "two", 8, 0, 0)])

    assert [profile["name"] for profile in read(timeline_of(tree))["profiles"]] == [
        "one (process 7)",
        "two (process 8)",
    ]


def test_frames_have_file_and_line(draw) -> None:
    assert read(timeline_of(draw("main").tree))["shared"]["frames"] == [
        {"name": "app.main", "file": "app.py", "line": 10}
    ]


def test_function_without_a_name_is_written(draw) -> None:
    tree = draw("main").tree

    written = read(timeline_of(type(tree)(tree.calls, {}, tree.threads)))

    assert written["shared"]["frames"] == [{"name": "<unknown function>"}]
