"""Call graphs for other tools: Graphviz's text and pictures, NetworkX's graphs."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from callbox.errors import ConfigError, RecordingError
from callbox.render import format_dot

if TYPE_CHECKING:
    from callbox.tracing.callgraph import CallGraph

_TIMEOUT_S = 120


def draw_svg(graph: CallGraph, *, show_times: bool = True) -> str:
    """Draw a call graph as SVG, through Graphviz.

    Raises:
        ConfigError: Graphviz is not installed.
        RecordingError: Graphviz cannot draw it.
    """
    program = shutil.which("dot")
    if program is None:
        raise ConfigError(
            "cannot draw a call graph: Graphviz's program `dot` is not on PATH; install Graphviz, or use DOT"
        )
    text = format_dot(graph, show_times=show_times)
    try:
        drawn = subprocess.run(
            [program, "-Tsvg"], input=text.encode(), capture_output=True, check=True, timeout=_TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        raise RecordingError(f"Graphviz cannot draw the call graph: {error.stderr.decode(errors='replace')}") from error
    except subprocess.TimeoutExpired as error:
        raise RecordingError(
            f"Graphviz took more than {_TIMEOUT_S} s for a call graph of {len(graph.nodes):,} functions: "
            "record fewer, with filter_modules or max_depth"
        ) from error
    return drawn.stdout.decode()


def to_networkx(graph: CallGraph) -> Any:
    """Return a call graph as a `networkx.DiGraph`.

    Nodes are full names, with `module`, `file`, `line`, `calls`, `self_ns` and `inclusive_ns`; edges have `calls`,
    `self_ns` and `inclusive_ns`. Functions that share a full name are one node.

    Raises:
        ConfigError: NetworkX is not installed.
    """
    try:
        import networkx
    except ImportError as error:
        raise ConfigError("a NetworkX graph needs NetworkX: pip install networkx") from error
    made = networkx.DiGraph()
    for node in graph.nodes:
        function = node.function
        if function.full_name not in made:
            place = {"module": function.module_name, "file": function.filename, "line": function.line_number}
            made.add_node(function.full_name, calls=0, self_ns=0, inclusive_ns=0, **place)
        _add(made.nodes[function.full_name], node)
    for edge in graph.edges:
        names = edge.caller.full_name, edge.callee.full_name
        if not made.has_edge(*names):
            made.add_edge(*names, calls=0, self_ns=0, inclusive_ns=0)
        _add(made.edges[names], edge)
    return made


def _add(attributes: dict[str, Any], counted: Any) -> None:
    attributes["calls"] += counted.n_calls
    attributes["self_ns"] += counted.self_ns
    attributes["inclusive_ns"] += counted.inclusive_ns
