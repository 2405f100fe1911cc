"""A call graph in DOT, the language of Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from callbox.render.text import count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from callbox.model import Function

_HEADER = """\
digraph calls {
    graph [rankdir=TB, nodesep=0.3, ranksep=0.5]
    node [shape=box, style="filled,rounded", color="#8c8c8c", fontname="Helvetica,Arial,sans-serif", fontsize=11]
    edge [color="#737373", arrowsize=0.7, fontname="Helvetica,Arial,sans-serif", fontsize=9]"""
_HEAT_HUE = 0.05
_MAX_PEN_WIDTH = 4.0


class GraphNode(Protocol):
    """A function that was called, and what it cost."""

    @property
    def function(self) -> Function:
        """The function."""

    @property
    def n_calls(self) -> int:
        """How often it was called."""

    @property
    def inclusive_ns(self) -> int:
        """Time in it and what it called."""

    @property
    def self_ns(self) -> int:
        """Time in it alone."""

    @property
    def self_share(self) -> float:
        """Self time as a share of all time, 0 to 1."""


class GraphEdge(Protocol):
    """The calls that one function made of another."""

    @property
    def caller(self) -> Function:
        """The function that called."""

    @property
    def callee(self) -> Function:
        """The function that was called."""

    @property
    def n_calls(self) -> int:
        """How often it did."""

    @property
    def inclusive_ns(self) -> int:
        """Time of the callee in these calls."""


class Graph(Protocol):
    """Who calls whom."""

    @property
    def nodes(self) -> Sequence[GraphNode]:
        """Every function once."""

    @property
    def edges(self) -> Sequence[GraphEdge]:
        """Every pair of functions once."""


def format_dot(graph: Graph, *, show_times: bool = True) -> str:
    """Write a call graph for Graphviz.

    Functions are the redder the larger their share of self time; edges are the
    thicker the more time passed below them. Order and names depend on the graph alone.

    Args:
        graph: the functions, and the calls between them.
        show_times: whether to show times, and what is drawn from them.
    """
    return "\n".join([_HEADER, *_statements(graph, show_times), "}"])


def _statements(graph: Graph, show_times: bool) -> Iterator[str]:
    names = {node.function: f"f{position}" for position, node in enumerate(graph.nodes)}
    longest_ns = max((edge.inclusive_ns for edge in graph.edges), default=0) or 1
    for node in graph.nodes:
        lines = [node.function.qualified_name, node.function.module_name, count(node.n_calls, "call")]
        saturation = 0.0
        if show_times:
            saturation = min(max(node.self_share, 0.0), 1.0) ** 0.5
            lines.append(f"{duration(node.inclusive_ns)}, self {duration(node.self_ns)} ({node.self_share:.1%})")
        place = _quote(f"{node.function.filename}:{node.function.line_number}")
        colour = f"{_HEAT_HUE} {saturation:.3f} 1.0"
        yield f'    {names[node.function]} [label={_quote(*lines)}, tooltip={place}, fillcolor="{colour}"]'
    for edge in graph.edges:
        lines = [f"{edge.n_calls:,}×"]
        pen = ""
        if show_times:
            lines.append(duration(edge.inclusive_ns))
            pen = f", penwidth={1 + (_MAX_PEN_WIDTH - 1) * edge.inclusive_ns / longest_ns:.2f}"
        yield f"    {names[edge.caller]} -> {names[edge.callee]} [label={_quote(*lines)}{pen}]"


def _quote(*lines: str) -> str:
    """Write lines as a quoted string; a backslash of a name must not begin an escape of Graphviz."""
    escaped = (printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
