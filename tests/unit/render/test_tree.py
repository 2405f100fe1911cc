"""The call tree as a person reads it."""

from __future__ import annotations

import dataclasses
from textwrap import dedent

import numpy as np
import pytest

from callbox.model import Function
from callbox.render.tree import format_tree


def expected(text: str) -> str:
    return dedent(text).strip("\n")


class Values:
    """Arguments and results: the row of the call, or what a test sets."""

    def __init__(self, arguments: list[str], outcomes: list[str]) -> None:
        self._arguments = arguments
        self._outcomes = outcomes
        texts = [*zip(arguments, outcomes, strict=True)]
        self.identity = np.array([texts.index(text) for text in texts], np.uint64)

    def arguments(self, row: int) -> str:
        return self._arguments[row]

    def outcome(self, row: int) -> str:
        return self._outcomes[row]


def test_calls_hang_below_their_caller(draw) -> None:
    drawing = draw("""
        main
          load
            open
          report
            write
    """)

    assert format_tree(drawing.tree) == expected("""
        main()
        ├─ load()
        │  └─ open()
        └─ report()
           └─ write()
    """)


def test_several_roots_stand_one_below_the_other(draw) -> None:
    assert format_tree(draw("a\n  b\nc").tree) == "a()\n└─ b()\nc()"


def test_outcomes_other_than_a_return_are_marked(draw) -> None:
    drawing = draw("""
        main open
          fails raised
          generator suspended
          unknown lost
          earlier partial
    """)

    assert format_tree(drawing.tree) == expected("""
        main() ▸ still running
        ├─ fails() ✗ raised
        ├─ generator() ‖ suspended
        ├─ unknown() ? end not recorded
        └─ earlier() ◂ began before the recording
    """)


def test_threads_have_headings_when_there_are_several(draw) -> None:
    drawing = draw("""
        # MainThread
        main
          wait
        # Worker 1
        work
        clean
    """)

    assert format_tree(drawing.tree) == expected("""
        MainThread
        └─ main()
           └─ wait()
        Worker 1
        ├─ work()
        └─ clean()
    """)


def test_thread_without_calls_is_left_out(draw) -> None:
    assert format_tree(draw("# A\n# B\nwork").tree) == "work()"


def test_dropped_events_are_told_first(draw) -> None:
    tree = draw("# A\nmain\n# B\nwork").tree
    threads = [dataclasses.replace(tree.threads[0], n_dropped=12345), tree.threads[1]]

    assert format_tree(dataclasses.replace(tree, threads=threads)) == expected("""
        A
        … 12,345 earlier events dropped
        └─ main()
        B
        └─ work()
    """)


def test_thread_that_only_dropped_events_is_shown(draw) -> None:
    tree = draw("# A").tree
    threads = [dataclasses.replace(tree.threads[0], n_dropped=1)]

    assert format_tree(dataclasses.replace(tree, threads=threads)) == "… 1 earlier event dropped"


def test_empty_recording_says_so(draw) -> None:
    assert format_tree(draw("").tree) == "no calls were recorded"


def test_equal_neighbours_are_folded_with_all_below_them(draw) -> None:
    drawing = draw("main\n" + "  step\n    parse\n    check\n" * 1000 + "  done")

    assert format_tree(drawing.tree) == expected("""
        main()
        ├─ step() ×1,000
        │  ├─ parse()
        │  └─ check()
        └─ done()
    """)


def test_neighbours_that_differ_deep_inside_are_not_folded(draw) -> None:
    drawing = draw("main\n  step\n    a\n      x\n  step\n    a\n      y")

    assert format_tree(drawing.tree) == expected("""
        main()
        ├─ step()
        │  └─ a()
        │     └─ x()
        └─ step()
           └─ a()
              └─ y()
    """)


def test_neighbours_with_another_outcome_are_not_folded(draw) -> None:
    assert format_tree(draw("main\n  step\n  step raised").tree) == "main()\n├─ step()\n└─ step() ✗ raised"


def test_loop_over_several_calls_is_folded(draw) -> None:
    drawing = draw("main\n" + "  read\n  parse\n    check\n    check\n" * 500 + "  done")

    assert format_tree(drawing.tree) == expected("""
        main()
        ├─ read()
        ├─ parse()
        │  └─ check() ×2
        ├─ ↻ the 2 above ×500
        └─ done()
    """)


def test_folding_can_be_turned_off(draw) -> None:
    assert format_tree(draw("a\na\na").tree, fold_repeats=False) == "a()\na()\na()"


def test_times_stand_before_the_calls_and_add_up_over_folded_ones(draw) -> None:
    drawing = draw("# A\nmain\n" + "  step\n    deep\n" * 3 + "# B\nwork")

    assert format_tree(drawing.tree, show_times=True) == "\n".join(
        (
            "          A",
            " 13.0 µs  └─ main()",
            " 9.00 µs     └─ step() ×3",
            " 3.00 µs        └─ deep()",
            "          B",
            " 1.00 µs  └─ work()",
        )
    )


def test_times_add_up_over_the_rounds_of_a_loop(draw) -> None:
    lines = format_tree(draw("main\n" + "  a\n  b\n    c\n" * 10).tree, show_times=True).splitlines()

    assert lines[1:] == [
        " 10.0 µs  ├─ a()",
        " 30.0 µs  ├─ b()",
        " 10.0 µs  │  └─ c()",
        "          └─ ↻ the 2 above ×10",
    ]


def test_limit_on_lines_shows_callers_before_what_they_call(draw) -> None:
    drawing = draw("""
        main
          first
            a
            b
            c
          second
            d
            e
    """)

    assert format_tree(drawing.tree, max_lines=3) == expected("""
        main()
        ├─ first() … 3 calls inside
        └─ second() … 2 calls inside
    """)


def test_calls_left_out_are_counted_after_those_shown(draw) -> None:
    drawing = draw("main\n" + "".join(f"  f{i}\n    g\n" for i in range(100)))

    assert format_tree(drawing.tree, max_lines=4) == expected("""
        main()
        ├─ f0() … 1 call inside
        ├─ f1() … 1 call inside
        └─ … 196 more calls
    """)


def test_roots_left_out_are_counted_too(draw) -> None:
    assert format_tree(draw("a\nb\nc\nd").tree, max_lines=3) == "a()\nb()\n… 2 more calls"


def test_limit_of_one_line_counts_everything(draw) -> None:
    assert format_tree(draw("a\n  b\nc").tree, max_lines=1) == "… 3 more calls"


@pytest.mark.parametrize("max_lines", [1, 2, 3, 7, 20, 50, 1000])
def test_limit_on_lines_is_kept(draw, max_lines) -> None:
    drawing = draw("".join(f"# T{i}\n" + "".join(f"f{j}\n  g{j}\n    h\n  x\n" for j in range(9)) for i in range(9)))

    assert len(format_tree(drawing.tree, max_lines=max_lines).splitlines()) <= max_lines


def test_wide_call_leaves_lines_for_its_siblings(draw) -> None:
    wide = "".join(f"    f{i}\n" for i in range(500))
    text = format_tree(draw(f"main\n  wide\n{wide}  narrow\n    needle").tree, max_lines=100)

    assert text.endswith("└─ narrow()\n   └─ needle()")
    assert len(text.splitlines()) == 100


def test_threads_beyond_the_limit_are_counted(draw) -> None:
    drawing = draw("".join(f"# T{i}\nwork\n  x\n" for i in range(1000)))

    assert format_tree(drawing.tree, max_lines=30).splitlines()[-1] == "… 990 more threads, 1,980 calls"


def test_limit_on_levels_says_how_much_deeper_it_goes(draw) -> None:
    drawing = draw("a\n  b\n    c\n      d\n        e\n      f")

    assert format_tree(drawing.tree, max_levels=3) == expected("""
        a()
        └─ b()
           └─ c() … 3 calls, 2 levels deeper
    """)


def test_deep_recursion_is_folded_in_one_line(chain) -> None:
    lines = format_tree(chain(50_000)).splitlines()

    assert len(lines) == 50
    assert lines[-1].endswith("└─ f() … 49,950 levels deeper")


def test_deep_recursion_is_written_without_recursing(chain) -> None:
    lines = format_tree(chain(3_000), max_lines=None, max_levels=3_000).splitlines()

    assert lines[-1] == "   " * 2_998 + "└─ f()"


def test_arguments_and_results_are_written_where_they_are_known(draw) -> None:
    drawing = draw("main\n  load\n  load raised")
    values = Values(["", "path='a'", "path='b'"], ["None", "42", "KeyError('b')"])

    assert format_tree(drawing.tree, values=values) == expected("""
        main() → None
        ├─ load(path='a') → 42
        └─ load(path='b') ✗ KeyError('b')
    """)


def test_calls_with_other_values_are_not_folded(draw) -> None:
    values = Values(["1", "1", "2"], ["", "", ""])

    assert format_tree(draw("f\nf\nf").tree, values=values) == "f(1) ×2\nf(2)"


def test_call_that_a_generator_made_later_hangs_below_the_generator(draw) -> None:
    tree = draw("main\n  generator\n  other\n  late").tree
    calls = tree.calls.copy()
    calls["parent"][3] = 1

    text = format_tree(dataclasses.replace(tree, calls=calls))

    assert text == "main()\n├─ generator()\n│  └─ late()\n└─ other()"


def test_code_of_a_module_is_named_after_the_module(draw) -> None:
    tree = draw("x").tree
    functions = {1: Function(1, "<module>", "<module>", "app.main", "app/main.py", 1)}

    assert format_tree(dataclasses.replace(tree, functions=functions)) == "<module app.main>"


def test_unknown_function_is_said_to_be_unknown(draw) -> None:
    assert format_tree(dataclasses.replace(draw("x").tree, functions={})) == "<unknown function>()"


def test_names_cannot_break_lines_or_command_a_terminal(draw) -> None:
    tree = draw("x").tree
    functions = {1: Function(1, "evil", "evil\n\x1b[2J\u202e\udcff", "app", "app.py", 1)}

    assert format_tree(dataclasses.replace(tree, functions=functions)) == r"evil\n\x1b[2J\u202e\udcff()"
