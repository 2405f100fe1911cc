"""Open calls, outermost first, with what they had called last."""

from __future__ import annotations

import re

from callbox.render.stack import format_stacks


def stacks(tree, **options) -> list[str]:
    """Leave out times and places."""
    lines = format_stacks(tree, **options).splitlines()
    return [
        re.sub(r"  (app\.py:\d+|[\d.]+ [mµn]?s)$", "", line[10:] if line.startswith(" ") else line) for line in lines
    ]


KILLED = """
    main open
      load
      serve open
        handle
          parse raised
        handle raised
        handle open
          parse
"""


def test_open_calls_stand_below_what_their_caller_had_called(draw) -> None:
    assert stacks(draw(KILLED).tree) == [
        "MainThread: 3 open calls, the newest last",
        "main()",
        "  · load()",
        "serve()",
        "  · handle()",
        "  · handle() ✗ raised",
        "handle()",
        "  · parse()",
    ]


def test_open_calls_come_before_history_and_new_history_before_old(draw) -> None:
    assert stacks(draw(KILLED).tree, max_lines=5) == [
        "MainThread: 3 open calls, the newest last",
        "main()",
        "serve()",
        "  · handle() ✗ raised",
        "handle()",
        "  · parse()",
    ]


def test_open_call_says_where_it_is_and_how_long_it_has_run(draw) -> None:
    lines = format_stacks(draw("outer open\n  inner open\n    leaf").tree).splitlines()

    assert re.fullmatch(r" *[\d.]+ .s  outer\(\)  app\.py:10", lines[1])
    assert lines[3].endswith("· leaf()  1.00 µs")


def test_middle_of_a_deep_stack_is_counted(chain) -> None:
    tree = chain(100)
    tree.calls["outcome"] = 0

    lines = format_stacks(tree, max_lines=10).splitlines()

    assert lines[0] == "MainThread: 100 open calls, the newest last"
    assert lines[4].strip() == "… 90 open calls between"
    assert len(lines) == 12


def test_thread_that_had_ended_shows_its_last_calls(draw) -> None:
    tree = draw("# MainThread\nmain open\n# worker\nfirst\nsecond\n  part").tree

    assert stacks(tree) == [
        "MainThread: 1 open call, the newest last",
        "main()",
        "worker: no open calls",
        "  · first()",
        "  · second()",
    ]


def test_nothing_recorded_is_said(draw) -> None:
    assert format_stacks(draw("").tree) == "no calls were recorded"
