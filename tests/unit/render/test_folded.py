"""Folded stacks."""

from __future__ import annotations

import io
import re

from callbox.model import Function
from callbox.render.folded import write_folded


def lines(tree) -> list[str]:
    file = io.BytesIO()
    write_folded(file, tree)
    return file.getvalue().decode().splitlines()


def test_equal_stacks_are_one_line_with_their_self_time(draw) -> None:
    tree = draw("main\n  load\n  load\n  sort\n    load").tree

    assert lines(tree) == [
        "app.main 4000",
        "app.main;app.load 2000",
        "app.main;app.sort 2000",
        "app.main;app.sort;app.load 1000",
    ]


def test_lines_are_as_flamegraph_reads_them(draw) -> None:
    tree = draw("# MainThread\nmain\n  load\n# a b\nload").tree

    matches = [re.fullmatch(r"(\S.*) (\d+)", line) for line in lines(tree)]

    assert [match[1].split(";")[0] for match in matches] == ["MainThread", "MainThread", "a b"]


def test_names_have_no_separators(draw) -> None:
    tree = draw("main").tree
    named = type(tree)(tree.calls, {1: Function(1, "f", "f;g\nh", "app", "", 0)}, tree.threads)

    assert lines(named) == [r"app.f:g\nh 1000"]


def test_times_add_up_to_all_self_time(draw) -> None:
    tree = draw("main\n  load\n    open\n  sort\n    less\n    less raised").tree

    assert sum(int(line.rpartition(" ")[2]) for line in lines(tree)) == tree.calls["self_ns"].sum()


def test_function_without_a_name_is_written(draw) -> None:
    tree = draw("main").tree

    assert lines(type(tree)(tree.calls, {}, tree.threads)) == ["<unknown function> 1000"]
