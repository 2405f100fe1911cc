"""The call graph for Graphviz."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field

import pytest

from callbox.model import Function
from callbox.render.dot import format_dot

LOAD = Function(1, "load", "Reader.load", "app.reader", "app/reader.py", 12)
MAIN = Function(2, "main", "main", "app", "app/__init__.py", 3)
HOSTILE = Function(3, "x", 'a"b\\n\\', "m\n];", 'C:\\new "x".py', 1)


@dataclass
class Node:
    function: Function
    n_calls: int = 1
    inclusive_ns: int = 0
    self_ns: int = 0
    self_share: float = 0.0


@dataclass
class Edge:
    caller: Function
    callee: Function
    n_calls: int = 1
    inclusive_ns: int = 0


@dataclass
class Graph:
    nodes: list[Node]
    edges: list[Edge] = field(default_factory=list)


def statements(text: str) -> list[str]:
    """Return what stands between the attributes of all nodes and the closing brace."""
    return [line.strip() for line in text.splitlines()[4:-1]]


def test_nodes_say_name_counts_and_times() -> None:
    graph = Graph([Node(LOAD, 1200, 5_000_000, 2_500_000, 0.25)])

    assert statements(format_dot(graph)) == [
        r'f0 [label="Reader.load\napp.reader\n1,200 calls\n5.00 ms, self 2.50 ms (25.0%)", '
        r'tooltip="app/reader.py:12", fillcolor="0.05 0.500 1.0"]'
    ]


def test_edges_say_counts_and_times_and_are_thicker_for_longer_ones() -> None:
    graph = Graph([Node(LOAD), Node(MAIN)], [Edge(MAIN, LOAD, 1200, 3_000_000), Edge(LOAD, LOAD, 1, 1_000_000)])

    assert statements(format_dot(graph))[2:] == [
        r'f1 -> f0 [label="1,200×\n3.00 ms", penwidth=4.00]',
        r'f0 -> f0 [label="1×\n1.00 ms", penwidth=2.00]',
    ]


def test_without_times_nothing_depends_on_them() -> None:
    slow = Graph([Node(LOAD, 2, 900, 900, 1.0)], [Edge(LOAD, LOAD, 1, 500)])
    fast = Graph([Node(LOAD, 2, 100, 100, 0.5)], [Edge(LOAD, LOAD, 1, 1)])

    assert format_dot(slow, show_times=False) == format_dot(fast, show_times=False)
    assert statements(format_dot(slow, show_times=False))[1] == 'f0 -> f0 [label="1×"]'


def test_names_are_escaped() -> None:
    (line,) = statements(format_dot(Graph([Node(HOSTILE)]), show_times=False))

    assert line.startswith(r'f0 [label="a\"b\\n\\\nm\\n];\n1 call", tooltip="C:\\new \"x\".py:1", ')


def test_functions_that_differ_by_line_alone_are_two_nodes() -> None:
    other = Function(9, "load", "Reader.load", "app.reader", "app/reader.py", 99)

    text = format_dot(Graph([Node(LOAD), Node(other)], [Edge(LOAD, other)]))

    assert "f0 -> f1 " in text


def test_empty_graph_is_a_graph() -> None:
    assert format_dot(Graph([])).splitlines()[0] == "digraph calls {"
    assert format_dot(Graph([])).splitlines()[-1] == "}"


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_it() -> None:
    graph = Graph([Node(LOAD, 3), Node(MAIN), Node(HOSTILE)], [Edge(MAIN, LOAD, 3, 9), Edge(LOAD, HOSTILE)])

    command = ["dot", "-Tplain"]
    result = subprocess.run(
        command, input=format_dot(graph), capture_output=True, encoding="utf-8", check=True, timeout=60
    )

    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["graph", "node", "node", "node", "edge", "edge", "stop"]
    assert result.stderr == ""
