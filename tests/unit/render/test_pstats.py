"""Statistics that `pstats` loads."""

from __future__ import annotations

import io
import pstats

import pytest

from callbox.model import Function
from callbox.render.pstats import write_pstats


@pytest.fixture
def load(tmp_path):
    def load(tree) -> pstats.Stats:
        path = tmp_path / "tree.pstats"
        with path.open("wb") as file:
            write_pstats(file, tree)
        return pstats.Stats(str(path), stream=io.StringIO())

    return load


def test_counts_and_times_are_those_of_the_functions(draw, load) -> None:
    stats = load(draw("main\n  load\n  load\n  sort").tree)

    assert stats.total_calls == stats.prim_calls == 4
    assert stats.stats["app.py", 20, "load"][:4] == (2, 2, 2e-6, 2e-6)
    assert stats.stats["app.py", 10, "main"][:4] == (1, 1, 4e-6, 7e-6)


def test_recursion_counts_time_once_and_calls_apart(draw, load) -> None:
    tree = draw("f\n  f\n    f").tree
    tree.calls["n_nested"] = [0, 1, 2]

    stats = load(tree)

    primitive, calls, self_s, inclusive_s, callers = stats.stats["app.py", 10, "f"]
    assert (primitive, calls, self_s, inclusive_s) == (1, 3, 5e-6, 5e-6)
    assert callers == {("app.py", 10, "f"): (2, 1, 3e-6, 3e-6)}


def test_callers_are_named_with_their_share(draw, load) -> None:
    stats = load(draw("main\n  load\n  sort\n    load\n    load").tree)

    callers = stats.stats["app.py", 20, "load"][4]
    assert callers == {("app.py", 10, "main"): (1, 1, 1e-6, 1e-6), ("app.py", 30, "sort"): (2, 2, 2e-6, 2e-6)}


def test_report_prints(draw, load) -> None:
    stats = load(draw("main\n  load\n  sort raised").tree)

    stats.sort_stats("cumulative").print_stats().print_callers().print_callees()

    assert "3 function calls in 0.000 seconds" in stats.stream.getvalue()
    assert "app.py:20(load)" in stats.stream.getvalue()


def test_c_functions_stand_where_cprofile_puts_them(draw, load) -> None:
    tree = draw("main").tree
    named = type(tree)(tree.calls, {1: Function(1, "len", "len", "builtins", "", 0, is_c=True)}, tree.threads)

    assert list(load(named).stats) == [("~", 0, "<built-in builtins.len>")]


def test_functions_of_one_name_and_place_are_added_up(draw, load) -> None:
    tree = draw("f\ng").tree
    same = [Function(n, "f", f"f{n}", "app", "app.py", 10) for n in (1, 2)]

    stats = load(type(tree)(tree.calls, dict(enumerate(same, 1)), tree.threads))

    assert stats.stats["app.py", 10, "f"][:2] == (2, 2)
