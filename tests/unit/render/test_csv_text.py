"""CSV."""

from __future__ import annotations

import csv
import io

from tests.support.timelines import SpokenValues

from callbox.model import Function
from callbox.render.csv_text import write_csv


def rows(tree, values=None) -> list[dict[str, str]]:
    file = io.BytesIO()
    write_csv(file, tree, values=values)
    return list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))


def test_every_call_is_a_line(draw) -> None:
    [main, load] = rows(draw("main\n  load raised").tree)

    assert (main["call"], main["parent"], main["function"], main["outcome"]) == ("0", "", "app.main", "returned")
    assert (load["call"], load["parent"], load["function"], load["outcome"]) == ("1", "0", "app.load", "raised")
    assert (load["file"], load["line"], load["thread"], load["process"]) == ("app.py", "20", "MainThread", "7")
    assert int(load["end_ns"]) - int(load["start_ns"]) == int(load["inclusive_ns"]) == 1000


def test_values_are_two_columns(draw) -> None:
    tree = draw("main\n  load raised").tree

    written = rows(tree, SpokenValues(tree))

    assert [(row["arguments"], row["result"]) for row in written] == [("x='0'", "0"), ("x='1'", "Oops(1)")]


def test_no_cell_is_a_formula(draw) -> None:
    tree = draw("main").tree
    evil = Function(1, "f", "f", "=cmd|' /C calc'!A0", "@x.py", 1)

    [row] = rows(type(tree)(tree.calls, {1: evil}, tree.threads))

    assert row["function"].startswith("'=")
    assert row["file"] == "'@x.py"


def test_line_breaks_in_names_break_no_line(draw) -> None:
    tree = draw("main").tree
    odd = Function(1, "f", 'f\n"g",', "app", "\udce9.py", 1)

    [row] = rows(type(tree)(tree.calls, {1: odd}, tree.threads))

    assert row["function"] == r'app.f\n"g",'
    assert row["file"] == r"\udce9.py"
