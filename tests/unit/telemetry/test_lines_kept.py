"""Lines that a test ran itself, apart from those of no test."""

from __future__ import annotations

from callbox.telemetry.lines_kept import LinesKept


def test_test_has_its_own_lines_and_those_that_ran_outside_of_any() -> None:
    kept = LinesKept()
    kept.add_lines({"a.py": {1, 2}, "b.py": {7}})
    kept.set_context("first")
    kept.add_lines({"a.py": {3}})
    kept.set_context("")
    kept.add_lines({"a.py": {4}})
    first = kept.of_test()
    kept.set_context("second")
    kept.add_lines({"c.py": {5}})

    assert first == {"a.py": (frozenset({3}), frozenset({1, 2, 4}))}
    assert kept.of_test() == {"c.py": (frozenset({5}), frozenset())}


def test_test_that_is_tried_again_goes_on_with_the_lines_it_has() -> None:
    kept = LinesKept()
    for numbers in ({1}, {2}):
        kept.set_context("test")
        kept.add_lines({"a.py": numbers})
        kept.set_context("")

    assert kept.of_test() == {"a.py": (frozenset({1, 2}), frozenset())}


def test_ends_of_arcs_are_lines_but_for_entries_and_exits() -> None:
    kept = LinesKept()
    kept.set_context("test")
    kept.add_arcs({"a.py": [(-1, 1), (1, 3), (3, -1)]})

    assert kept.of_test() == {"a.py": (frozenset({1, 3}), frozenset())}
