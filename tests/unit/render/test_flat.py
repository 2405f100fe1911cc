"""Events in order of time."""

from __future__ import annotations

import dataclasses
from textwrap import dedent

import numpy as np

from callbox.model import EventKind
from callbox.render.flat import format_flat


def expected(text: str) -> str:
    return dedent(text).strip("\n")


def test_events_are_listed_with_time_depth_kind_and_name(draw) -> None:
    drawing = draw("main\n  load\n  fails raised")

    assert format_flat(drawing.events, drawing.tree) == expected("""
            seconds  event   depth  function
        0.000000000  call        0  app.main
        0.000001000  call        1    app.load
        0.000002000  return      1    app.load
        0.000003000  call        1    app.fails
        0.000004000  unwind      1    app.fails
        0.000005000  return      0  app.main
    """)


def test_threads_are_merged_by_time(draw) -> None:
    drawing = draw("# Main\nmain\n  wait\n# Worker 1\nwork")
    drawing.events["t_ns"][4:] -= 3_500

    assert format_flat(drawing.events, drawing.tree, show_times=False) == expected("""
        thread    event   depth  function
        Main      call        0  app.main
        Worker 1  call        0  app.work
        Main      call        1    app.wait
        Worker 1  return      0  app.work
        Main      return      1    app.wait
        Main      return      0  app.main
    """)


def test_clock_that_goes_back_does_not_turn_a_thread_around(draw) -> None:
    drawing = draw("# A\na\n# B\nb\n  c")
    drawing.events["t_ns"][3] -= 50_000

    lines = format_flat(drawing.events, drawing.tree, show_times=False).splitlines()

    assert [line.split()[-1] for line in lines[3:]] == ["app.b", "app.c", "app.c", "app.b"]


def test_events_left_out_are_counted(draw) -> None:
    drawing = draw("main\n" + "  step\n" * 1000)

    lines = format_flat(drawing.events, drawing.tree, max_lines=3).splitlines()

    assert len(lines) == 5
    assert lines[-1] == "… 1,999 more events"


def test_no_limit_lists_everything(draw) -> None:
    drawing = draw("main\n" + "  step\n" * 1000)

    assert len(format_flat(drawing.events, drawing.tree, max_lines=None).splitlines()) == 2003


def test_dropped_events_are_told_first(draw) -> None:
    drawing = draw("main")
    threads = [dataclasses.replace(drawing.tree.threads[0], n_dropped=1200)]
    tree = dataclasses.replace(drawing.tree, threads=threads)

    assert format_flat(drawing.events, tree).startswith("… 1,200 earlier events of MainThread dropped\n")


def test_events_of_a_part_of_the_tree_are_shown_alone(draw) -> None:
    drawing = draw("main\n  load\n  wanted\n    inner")
    calls = drawing.tree.calls[2:].copy()
    calls["parent"] = [-1, 0]
    calls["depth"] = [0, 1]
    part = dataclasses.replace(drawing.tree, calls=calls)

    assert format_flat(drawing.events, part, show_times=False) == expected("""
        event   depth  function
        call        0  app.wanted
        call        1    app.inner
        return      1    app.inner
        return      0  app.wanted
    """)


def test_end_of_a_call_from_before_the_recording_is_listed(draw) -> None:
    drawing = draw("main")
    events = drawing.events.copy()
    events["call"] = -1
    tree = dataclasses.replace(drawing.tree, calls=drawing.tree.calls[:0])

    assert format_flat(events[1:], tree, show_times=False) == "event   depth  function\nreturn      0  app.main"


def test_switches_between_tasks_are_no_lines(draw) -> None:
    drawing = draw("main")
    switch = drawing.events[:1].copy()
    switch["kind"], switch["call"] = EventKind.TASK_SWITCH, -1

    lines = format_flat(np.concatenate((drawing.events, switch)), drawing.tree).splitlines()

    assert [line.split()[1] for line in lines] == ["event", "call", "return"]


def test_names_cannot_break_lines(draw) -> None:
    drawing = draw("x")
    functions = {1: dataclasses.replace(drawing.tree.functions[1], qualified_name="a\nb")}
    tree = dataclasses.replace(drawing.tree, functions=functions)

    assert format_flat(drawing.events, tree, show_times=False).splitlines()[1].endswith(r"app.a\nb")


def test_indentation_has_an_end(chain) -> None:
    from callbox.engine.kernels import EVENT_DTYPE

    tree = chain(100)
    events = np.zeros(100, EVENT_DTYPE)
    events["kind"], events["call"] = EventKind.CALL, np.arange(100)
    tree.calls["first_event"] = np.arange(100)

    last = format_flat(events, tree, show_times=False).splitlines()[-1]

    assert last == "call      99  " + "  " * 30 + "app.f"


def test_empty_recording_says_so(draw) -> None:
    drawing = draw("")

    assert format_flat(drawing.events, drawing.tree) == "no events were recorded"


class EventValues:
    """Beside each event its row, kind and function."""

    def event(self, event: int, kind: int, code: int) -> str:
        return f" = {event} {kind} {code}\n"


def test_values_stand_beside_the_name(draw) -> None:
    drawing = draw("main\n  load")

    assert format_flat(drawing.events, drawing.tree, show_times=False, values=EventValues()) == expected(r"""
        event   depth  function
        call        0  app.main = 0 1 1\n
        call        1    app.load = 1 1 2\n
        return      1    app.load = 2 2 2\n
        return      0  app.main = 3 2 1\n
    """)
