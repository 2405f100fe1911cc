from __future__ import annotations

import pytest
from tests.support.captures import CaptureBuilder

from callbox.model import CallTree, Function
from callbox.recording import Recording
from callbox.tracing.callgraph import CallGraph, find_components


@pytest.fixture
def graph(shop_tree) -> CallGraph:
    return CallGraph(shop_tree)


def tree_of_chain(*names: str) -> CallTree:
    """One stack on which each name calls the next."""
    builder = CaptureBuilder()
    functions = {name: builder.function(name) for name in dict.fromkeys(names)}
    thread = builder.thread()
    [thread.call(functions[name]) for name in names]
    [thread.ret(functions[name]) for name in reversed(names)]
    return Recording(builder.build()).tree


def names_of(groups) -> list[list[str]]:
    return [[function.name for function in group] for group in groups]


def test_nodes_are_the_functions_in_order_of_name(graph) -> None:
    assert [node.function.full_name for node in graph.nodes] == [
        *("shop.data.load", "shop.main", "shop.order.less", "shop.order.sort")
    ]


def test_edges_carry_counts_and_times(graph) -> None:
    edges = [(e.caller.name, e.callee.name, e.n_calls, e.inclusive_ns, e.self_ns) for e in graph.edges]

    assert edges == [
        ("main", "load", 1, 20, 20),
        ("main", "sort", 1, 50, 20),
        ("sort", "less", 1, 10, 10),
        ("sort", "sort", 1, 0, 20),
    ]


def test_edges_of_many_calls_are_added_up() -> None:
    builder = CaptureBuilder()
    main, work = builder.function("main"), builder.function("work")
    thread = builder.thread().call(main)
    [thread.call(work).ret(work) for _ in range(100)]
    thread.ret(main)

    (edge,) = CallGraph(Recording(builder.build()).tree).edges

    assert (edge.n_calls, edge.inclusive_ns) == (100, 100_000)


def test_dependencies_map_callers_to_their_callees(graph) -> None:
    dependencies = {
        caller.name: [callee.name for callee in callees] for caller, callees in graph.dependencies().items()
    }

    assert dependencies == {"load": [], "main": ["load", "sort"], "less": [], "sort": ["less", "sort"]}


def test_direct_recursion_names_functions_that_call_themselves(graph) -> None:
    assert [function.name for function in graph.direct_recursion()] == ["sort"]


def test_mutual_recursion_groups_functions_that_reach_each_other() -> None:
    graph = CallGraph(tree_of_chain("main", "b", "c", "a", "b", "leaf"))

    assert names_of(graph.mutual_recursion()) == [["a", "b", "c"]]
    assert graph.direct_recursion() == ()


def test_cycles_are_direct_and_mutual_ones() -> None:
    graph = CallGraph(tree_of_chain("main", "walk", "walk", "ping", "pong", "ping", "leaf"))

    assert names_of(graph.find_cycles()) == [["ping", "pong"], ["walk"]]


def test_two_loops_through_one_function_are_one_cycle() -> None:
    graph = CallGraph(tree_of_chain("hub", "a", "hub", "b", "hub"))

    assert names_of(graph.find_cycles()) == [["a", "b", "hub"]]


def test_program_without_recursion_has_no_cycle() -> None:
    assert CallGraph(tree_of_chain("main", "work", "leaf")).find_cycles() == ()


def test_critical_path_follows_the_longest_time(graph) -> None:
    path = [(s.function.name, s.n_calls, s.inclusive_ns, s.self_ns) for s in graph.get_critical_path()]

    assert path == [("main", 1, 100, 30), ("sort", 1, 50, 20), ("sort", 1, 20, 20)]


def test_critical_path_takes_all_calls_from_one_place_together() -> None:
    builder = CaptureBuilder()
    main, often, once, leaf = (builder.function(name) for name in ("main", "often", "once", "leaf"))
    thread = builder.thread().call(main, at=0)
    thread.call(once, at=0).ret(once, at=50)
    thread.call(often, at=50).call(leaf, at=60).ret(leaf, at=70).ret(often, at=80)
    thread.call(often, at=80).call(leaf, at=90).ret(leaf, at=100).ret(often, at=110).ret(main, at=120)

    path = CallGraph(Recording(builder.build()).tree).get_critical_path()

    assert [(step.function.name, step.n_calls, step.inclusive_ns) for step in path] == [
        *(("main", 1, 120), ("often", 2, 60), ("leaf", 2, 20)),
    ]


def test_critical_path_of_a_deep_recursion_is_as_long() -> None:
    path = CallGraph(tree_of_chain(*["walk"] * 3_000)).get_critical_path()

    assert len(path) == 3_000


def test_hotspots_have_at_least_the_share_asked_for(graph) -> None:
    assert [node.function.name for node in graph.identify_hotspots()] == ["load", "sort", "main", "less"]
    assert [node.function.name for node in graph.identify_hotspots(0.3)] == ["load", "sort"]
    assert graph.identify_hotspots(threshold=0.5) == ()


def test_order_does_not_depend_on_ids(shop) -> None:
    builder = CaptureBuilder()
    leaf, work, main = (builder.function(name) for name in ("c", "b", "a"))
    thread = builder.thread().call(main).call(work).call(leaf)
    thread.ret(leaf).ret(work).call(leaf).ret(leaf).ret(main)

    graph = CallGraph(Recording(builder.build()).tree)

    assert [node.function.name for node in graph.nodes] == ["a", "b", "c"]
    assert [(e.caller.name, e.callee.name) for e in graph.edges] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_graph_of_nothing_is_empty(empty_tree) -> None:
    graph = CallGraph(empty_tree)

    assert (graph.nodes, graph.edges, graph.dependencies()) == ((), (), {})
    assert (graph.find_cycles(), graph.get_critical_path(), graph.identify_hotspots()) == ((), (), ())


def test_components_of_a_chain_of_50_000_need_no_recursion() -> None:
    chain = [Function(index, f"f{index}", f"f{index}", "app", "app.py", index) for index in range(50_000)]
    callees = {function: [chain[(index + 1) % 50_000]] for index, function in enumerate(chain)}

    (component,) = find_components(callees)

    assert len(component) == 50_000
