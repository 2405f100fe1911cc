"""Perfetto traces, read by Perfetto's own descriptors."""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest
from tests.support.drawing import STEP_NS, T_START_NS
from tests.support.timelines import SpokenValues, timeline_of

from callbox.model import Function
from callbox.render.perfetto import write_perfetto

perfetto_trace = pytest.importorskip("perfetto.protos.perfetto.trace.perfetto_trace_pb2")


@dataclass
class Slice:
    name: str
    start: int
    end: int = -1
    place: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    inside: list[Slice] = field(default_factory=list)
    flows: tuple[list[int], list[int]] = ((), ())


def read(timeline, values=None):
    """Read a trace as Perfetto's trace processor does: slices nest by order of begin and end on their track."""
    file = io.BytesIO()
    write_perfetto(file, timeline, values=values)
    trace = perfetto_trace.Trace.FromString(file.getvalue())
    tracks, names, places = {}, {}, {}
    open_slices, roots = defaultdict(list), defaultdict(list)
    for packet in trace.packet:
        names |= {entry.iid: entry.name for entry in packet.interned_data.event_names}
        places |= {p.iid: f"{p.file_name}:{p.line_number}" for p in packet.interned_data.source_locations}
        if packet.HasField("track_descriptor"):
            tracks[packet.track_descriptor.uuid] = packet.track_descriptor
        if packet.HasField("track_event"):
            take(packet, (names, places), open_slices, roots)
    assert [uuid for uuid, left in open_slices.items() if left] == []
    return trace, tracks, {title(tracks[uuid]): slices for uuid, slices in roots.items()}


def take(packet, interned, open_slices, roots) -> None:
    event = packet.track_event
    notes = {note.name: note.string_value for note in event.debug_annotations}
    stack = open_slices[event.track_uuid]
    if event.type == event.TYPE_SLICE_BEGIN:
        flows = (list(event.flow_ids), list(event.terminating_flow_ids))
        place = interned[1][event.source_location_iid]
        begun = Slice(interned[0][event.name_iid], packet.timestamp, place=place, notes=notes, flows=flows)
        (stack[-1].inside if stack else roots[event.track_uuid]).append(begun)
        stack.append(begun)
    else:
        ended = stack.pop()
        ended.end = packet.timestamp
        ended.notes |= notes


def title(track) -> str:
    return track.name or track.thread.thread_name or track.process.process_name


def outline(slices, depth=0):
    return [line for s in slices for line in (f"{'  ' * depth}{s.name}", *outline(s.inside, depth + 1))]


def test_calls_are_slices_of_their_threads_track(draw) -> None:
    tree = draw("# MainThread\nmain\n  load\n  sort\n    less\n# clerk\nload").tree

    _, tracks, slices = read(timeline_of(tree))

    assert outline(slices["MainThread"]) == ["app.main", "  app.load", "  app.sort", "    app.less"]
    assert outline(slices["clerk"]) == ["app.load"]
    assert [(t.process.pid, t.thread.pid, t.thread.tid) for t in tracks.values()] == [(7, 0, 0), (0, 7, 1), (0, 7, 2)]


def test_slices_have_times_and_places(draw) -> None:
    _, _, slices = read(timeline_of(draw("main\n  load").tree))

    [main] = slices["MainThread"]
    assert (main.start, main.end) == (T_START_NS, T_START_NS + 3 * STEP_NS)
    assert main.inside[0].place == "app.py:20"


def test_values_are_annotations(draw) -> None:
    tree = draw("main\n  load raised").tree

    _, _, slices = read(timeline_of(tree), SpokenValues(tree))

    [main] = slices["MainThread"]
    assert main.notes == {"x": "'0'", "result": "0"}
    assert main.inside[0].notes == {"x": "'1'", "outcome": "raised", "exception": "Oops(1)"}


def test_how_a_call_ended_is_said_without_values(draw) -> None:
    _, _, slices = read(timeline_of(draw("main open\n  load lost\n  sort").tree))

    [main] = slices["MainThread"]
    assert [main.notes, *(inner.notes for inner in main.inside)] == [{"outcome": "open"}, {"outcome": "lost"}, {}]


def test_call_that_begins_when_another_ends_is_not_inside_of_it(draw) -> None:
    tree = draw("main\n  load\n  sort\n    less").tree
    tree.calls["t_start_ns"][:] = tree.calls["t_end_ns"][:] = T_START_NS

    _, _, slices = read(timeline_of(tree))

    assert outline(slices["MainThread"]) == ["app.main", "  app.load", "  app.sort", "    app.less"]


def test_call_that_seems_to_outlive_its_caller_ends_with_it_in_order(draw) -> None:
    tree = draw("main\n  load").tree
    tree.calls["t_end_ns"][1] += 10 * STEP_NS

    trace, _, slices = read(timeline_of(tree))

    times = [packet.timestamp for packet in trace.packet if packet.HasField("track_event")]
    assert times == sorted(times)
    assert outline(slices["MainThread"]) == ["app.main", "  app.load"]


def test_threads_of_processes_stand_in_their_process(draw) -> None:
    tree = draw("# one\nf\n# two\nf").tree
    threads = [tree.threads[0], type(tree.threads[1])(9, 9, "two", 8, 0, 0)]
    tree = type(tree)(tree.calls, tree.functions, threads)

    _, tracks, _ = read(timeline_of(tree))

    processes = [t.process.pid for t in tracks.values() if t.HasField("process")]
    assert processes == [7, 8]


def async_tree(draw):
    """`main` of task 1 makes `work` of task 2."""
    tree = draw("main\nwork\n  add\nmain").tree
    functions = {n: Function(n, f.name, f.name, "app", "app.py", 1, code_flags=0x80) for n, f in tree.functions.items()}
    functions[3] = tree.functions[3]
    tree.calls["task"][:] = [1, 2, 2, 1]
    return type(tree)(tree.calls, functions, tree.threads)


def test_coroutines_are_slices_of_their_tasks_track_too(draw) -> None:
    _, tracks, slices = read(timeline_of(async_tree(draw)))

    assert outline(slices["task 1: main"]) == ["app.main", "app.main"]
    assert outline(slices["task 2: work"]) == ["app.work"]
    assert outline(slices["MainThread"]) == ["app.main", "app.work", "  app.add", "app.main"]
    assert {tracks[t.parent_uuid].process.pid for t in tracks.values() if t.parent_uuid} == {7}


def test_arrows_lead_from_step_to_step_and_to_tasks_that_were_made(draw) -> None:
    _, _, slices = read(timeline_of(async_tree(draw), {(7, 2): 1}))

    first, work, again = slices["MainThread"]
    assert len(first.flows[0]) == 2
    assert sorted(first.flows[0]) == sorted(work.flows[1] + again.flows[1])
    assert again.flows[0] == work.flows[0] == []


def test_function_without_a_name_is_written(draw) -> None:
    tree = draw("main").tree
    nameless = type(tree)(tree.calls, {}, tree.threads)

    _, _, slices = read(timeline_of(nameless))

    assert outline(slices["MainThread"]) == ["<unknown function>"]


def test_names_of_strangers_are_escaped(draw) -> None:
    tree = draw("main").tree
    evil = Function(1, "\x1b[2J", "\udce9\x1b[2J", "app", "\udce9.py", -5)

    _, _, slices = read(timeline_of(type(tree)(tree.calls, {1: evil}, tree.threads)))

    assert slices["MainThread"][0].name == r"app.\udce9\x1b[2J"
    assert slices["MainThread"][0].place == r"\udce9.py:0"


def test_many_slices_with_and_without_notes_keep_their_order(draw) -> None:
    tree = draw("main\n" + "  f\n  g raised\n" * 400).tree

    _, _, slices = read(timeline_of(tree))

    [main] = slices["MainThread"]
    assert [inner.name for inner in main.inside] == ["app.f", "app.g"] * 400
    assert [inner.notes for inner in main.inside] == [{}, {"outcome": "raised"}] * 400
    assert all(np.diff([inner.start for inner in main.inside]) > 0)
