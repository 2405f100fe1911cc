"""Who calls whom: the functions of a call tree as a graph, its cycles and its heaviest path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.tracing.metrics import FunctionMetrics, compute_metrics, function_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from callbox.model import CallTree, Function


@dataclass(frozen=True, slots=True)
class Edge:
    """The calls that one function made of another."""

    caller: Function
    callee: Function
    n_calls: int
    inclusive_ns: int
    """Time of the callee in these calls; an activation nested in another of the callee's adds nothing."""
    self_ns: int
    """Self time of the callee in these calls."""


@dataclass(frozen=True, slots=True)
class PathStep:
    """One function on the critical path, with the calls of it that were made from the steps above."""

    function: Function
    n_calls: int
    inclusive_ns: int
    self_ns: int


class CallGraph:
    """The functions of a call tree and the calls between them.

    Everything comes in the same order for the same calls: functions by name,
    file and line; edges by caller, then callee.
    """

    def __init__(self, tree: CallTree) -> None:
        self._tree = tree
        self._functions = sorted(tree.functions.values(), key=function_order)
        self._places = np.zeros(max(tree.functions, default=0) + 1, np.int64)
        self._places[[function.id for function in self._functions]] = np.arange(len(self._functions))

    @cached_property
    def nodes(self) -> tuple[FunctionMetrics, ...]:
        """The functions that were called, and what each cost."""
        return tuple(sorted(compute_metrics(self._tree).functions, key=lambda entry: function_order(entry.function)))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every pair of functions of which the first called the second."""
        calls = self._tree.calls
        parents = np.ascontiguousarray(calls["parent"])
        inner = parents >= 0
        places = self._places[calls["code"]]
        n = len(self._functions)
        pairs, at, n_calls = np.unique(
            places[parents[inner]] * n + places[inner], return_inverse=True, return_counts=True
        )
        outermost_ns = np.where(calls["n_nested"] == 0, calls["inclusive_ns"], 0)[inner]
        inclusive_ns = _sum_by(at, outermost_ns, len(pairs))
        self_ns = _sum_by(at, calls["self_ns"][inner], len(pairs))
        rows = zip(pairs.tolist(), n_calls.tolist(), inclusive_ns.tolist(), self_ns.tolist(), strict=True)
        return tuple(Edge(self._functions[pair // n], self._functions[pair % n], *counts) for pair, *counts in rows)

    def dependencies(self) -> dict[Function, tuple[Function, ...]]:
        """Map every function to the functions that it called directly."""
        callees: dict[Function, list[Function]] = {node.function: [] for node in self.nodes}
        for edge in self.edges:
            callees[edge.caller].append(edge.callee)
        return {caller: tuple(called) for caller, called in callees.items()}

    def direct_recursion(self) -> tuple[Function, ...]:
        """Return the functions that call themselves."""
        return tuple(edge.caller for edge in self.edges if edge.caller == edge.callee)

    def mutual_recursion(self) -> tuple[tuple[Function, ...], ...]:
        """Return the groups of two or more functions that can all reach each other."""
        return tuple(cycle for cycle in self.find_cycles() if len(cycle) > 1)

    def find_cycles(self) -> tuple[tuple[Function, ...], ...]:
        """Return the groups of functions that can reach themselves by calls.

        Each is a strongly connected component: mutually recursive functions
        together, a function that only calls itself alone. That the graph has a
        cycle does not say that one stack ever held it; `FunctionMetrics.max_nested` does.
        """
        dependencies = self.dependencies()
        recursive = set(self.direct_recursion())
        components = find_components(dependencies)
        cycles = [c for c in components if len(c) > 1 or c[0] in recursive]
        ordered = [tuple(sorted(cycle, key=function_order)) for cycle in cycles]
        return tuple(sorted(ordered, key=lambda cycle: function_order(cycle[0])))

    def identify_hotspots(self, threshold: float = 0.1) -> tuple[FunctionMetrics, ...]:
        """Return the functions with at least this share of all self time, the largest first.

        Args:
            threshold: the least share, 0 to 1.
        """
        hot = [node for node in self.nodes if node.self_share >= threshold]
        return tuple(sorted(hot, key=lambda node: -node.self_ns))

    def get_critical_path(self) -> tuple[PathStep, ...]:
        """Return the path on which the most time was spent.

        It begins with the root function that took longest and goes on to the
        callee that took longest there, all calls along the path taken together.
        """
        parents = np.ascontiguousarray(self._tree.calls["parent"])
        by_parent = np.argsort(parents, kind="stable")
        starts = np.searchsorted(parents, np.arange(-1, len(parents) + 1), sorter=by_parent)
        path = []
        rows = by_parent[: starts[1]]
        while len(rows):
            rows, step = self._heaviest(rows)
            path.append(step)
            rows = by_parent[_spans(starts[rows + 1], starts[rows + 2])]
        return tuple(path)

    def to_dot(self, *, show_times: bool = True) -> str:
        """Write the graph for Graphviz."""
        from callbox.render import format_dot

        return format_dot(self, show_times=show_times)

    def to_svg(self, *, show_times: bool = True) -> str:
        """Draw the graph; see `callbox.tracing.drawing.draw_svg`."""
        from callbox.tracing.drawing import draw_svg

        return draw_svg(self, show_times=show_times)

    def to_networkx(self) -> Any:
        """Return the graph as a `networkx.DiGraph`; see `callbox.tracing.drawing.to_networkx`."""
        from callbox.tracing.drawing import to_networkx

        return to_networkx(self)

    def _heaviest(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], PathStep]:
        """Of some calls, take those of the function that took longest; of equals, the first by name."""
        calls = self._tree.calls[rows]
        places, at = np.unique(self._places[calls["code"]], return_inverse=True)
        inclusive_ns = _sum_by(at, calls["inclusive_ns"], len(places))
        best = int(inclusive_ns.argmax())
        is_best = at == best
        step = PathStep(
            function=self._functions[places[best]],
            n_calls=int(np.count_nonzero(is_best)),
            inclusive_ns=int(inclusive_ns[best]),
            self_ns=int(calls["self_ns"][is_best].sum()),
        )
        return rows[is_best], step


def find_components(callees: Mapping[Function, Sequence[Function]]) -> list[list[Function]]:
    """Return the strongly connected components of a graph, without recursion.

    Source: R. Tarjan, Depth-first search and linear graph algorithms, 1972.
    """
    index: dict[Function, int] = {}
    low: dict[Function, int] = {}
    pending: dict[Function, None] = {}
    components = []
    for root in callees:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        pending[root] = None
        visits = [(root, iter(callees[root]))]
        while visits:
            function, rest = visits[-1]
            for callee in rest:
                if callee not in index:
                    index[callee] = low[callee] = len(index)
                    pending[callee] = None
                    visits.append((callee, iter(callees[callee])))
                    break
                if callee in pending:
                    low[function] = min(low[function], index[callee])
            else:
                visits.pop()
                if visits:
                    caller = visits[-1][0]
                    low[caller] = min(low[caller], low[function])
                if low[function] == index[function]:
                    components.append(_pop_through(pending, function))
    return components


def _pop_through(pending: dict[Function, None], last: Function) -> list[Function]:
    """Take the newest keys out, up to and with `last`."""
    component = []
    while last in pending:
        component.append(pending.popitem()[0])
    return component


def _spans(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join the ranges from each start to its end."""
    lengths = ends - starts
    offsets = np.repeat(starts - (lengths.cumsum() - lengths), lengths)
    spans: NDArray[np.int64] = offsets + np.arange(len(offsets))
    return spans


def _sum_by(at: NDArray[np.int64], amounts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Sum amounts by place."""
    sums = np.zeros(n, np.int64)
    np.add.at(sums, at, amounts)
    return sums
