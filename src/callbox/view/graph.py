"""The call graph in DOT, small enough to be read, and named so that a style sheet colours it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.render.text import count, duration, function_label, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callbox.tracing.callgraph import CallGraph, Edge
    from callbox.tracing.metrics import FunctionMetrics

MAX_NODES = 60
MAX_EDGES = 150
"""Laying out takes time with the square of edges and more."""
_MAX_LABEL = 48
_MAX_PEN_WIDTH = 5.0
_N_HEATS = 6
"""Classes `heat0` to `heat5`, by share of self time."""

_HEADER = """\
digraph calls {
    graph [rankdir=TB, nodesep=0.25, ranksep=0.55, bgcolor="transparent"]
    node [shape=box, style="rounded,filled", fontname="Arial", fontsize=12, margin="0.16,0.09"]
    edge [arrowsize=0.6, fontname="Arial", fontsize=10]"""


def draw_graph(graph: CallGraph) -> str:
    """Write the part of a call graph where the time was spent.

    Nodes have the id `f<function id>` and a class by heat.

    It has the functions with the most inclusive time, and of the edges between them those with the most.
    """
    kept = sorted(graph.nodes, key=lambda node: -node.inclusive_ns)[:MAX_NODES]
    ids = {node.function.id for node in kept}
    inside = (edge for edge in graph.edges if edge.caller.id in ids and edge.callee.id in ids)
    edges = sorted(inside, key=lambda edge: -edge.inclusive_ns)[:MAX_EDGES]
    return "\n".join([_HEADER, *map(_node, kept), *_edges(edges), "}"])


def _node(node: FunctionMetrics) -> str:
    function = node.function
    lines = (
        _shortened(function_label(function)),
        _shortened(printable(function.module_name)),
        f"{duration(node.inclusive_ns)}, self {node.self_share:.1%}, {count(node.n_calls, 'call')}",
    )
    heat = min(int(node.self_share**0.5 * _N_HEATS), _N_HEATS - 1)
    place = _quote(f"{function.full_name}\n{function.filename}:{function.line_number}")
    return f'    f{function.id} [id="f{function.id}", class="heat{heat}", label={_quote(*lines)}, tooltip={place}]'


def _edges(edges: list[Edge]) -> Iterator[str]:
    longest_ns = max((edge.inclusive_ns for edge in edges), default=0) or 1
    for edge in edges:
        pen = 1 + (_MAX_PEN_WIDTH - 1) * (edge.inclusive_ns / longest_ns) ** 0.5
        label = _quote(f" {edge.n_calls:,}× ")
        yield f"    f{edge.caller.id} -> f{edge.callee.id} [label={label}, penwidth={pen:.2f}]"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_LABEL else f"{text[: _MAX_LABEL - 1]}…"


def _quote(*lines: str) -> str:
    """Write lines as a quoted string; a backslash of a name must not begin an escape of Graphviz."""
    escaped = (printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
