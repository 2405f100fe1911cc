from __future__ import annotations

from callbox.recording import Recording
from callbox.tracing.callgraph import CallGraph
from callbox.view import graph


def test_functions_with_the_most_time_are_kept(busy, monkeypatch) -> None:
    monkeypatch.setattr(graph, "MAX_NODES", 1)

    dot = graph.draw_graph(CallGraph(busy(3).tree))

    assert "f1 [" in dot
    assert "f2" not in dot


def test_edges_with_the_most_time_are_kept(shop, monkeypatch) -> None:
    monkeypatch.setattr(graph, "MAX_EDGES", 1)

    assert graph.draw_graph(CallGraph(shop.tree)).count("->") == 1


def test_names_cannot_leave_their_quotes(builder) -> None:
    function = builder.function('a"]; b [label="\\N\n')
    builder.thread().call(function).ret(function)

    dot = graph.draw_graph(CallGraph(Recording(builder.build()).tree))

    assert 'label="a\\"]; b [label=\\"\\\\N\\\\n\\napp' in dot
