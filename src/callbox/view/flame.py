"""The flame graph: calls with the same callers joined, at every depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_LEVELS = 1000
"""Calls nested deeper count for the node above them."""
MAX_NODES = 4000
"""In one answer; where there would be more, the smallest are left out."""
_MIN_SHARE = 1 / 4000
"""A node with less of what is shown would be narrower than a pixel."""


@dataclass(frozen=True, slots=True)
class FlameGraph:
    """Nodes, callers first; columns of shape `(n_nodes,)`. Node 0 stands for all roots together."""

    parent: NDArray[np.int32]
    code: NDArray[np.int64]
    """-1 for node 0."""
    n_calls: NDArray[np.int64]
    self_ns: NDArray[np.int64]
    total_ns: NDArray[np.int64]
    """Self time of a node and of everything below it."""

    def below(self, root: int) -> dict[str, Any]:
        """Return a node and what is below it and large enough to be seen, as lists for JSON.

        Times are nanoseconds. `parent` gives a node's number, as `id` has it.
        """
        least_ns = max(float(self.total_ns[root]) * _MIN_SHARE, 1.0)
        is_shown = np.zeros(len(self.parent), np.bool_)
        is_shown[root] = True
        large = np.flatnonzero(self.total_ns >= least_ns)
        for node in large[large > root].tolist():
            is_shown[node] |= is_shown[self.parent[node]]
        nodes = np.flatnonzero(is_shown)
        if len(nodes) > MAX_NODES:
            # A caller has at least the time of what it calls and stands before it: no node loses its parent.
            nodes = np.sort(nodes[np.argsort(-self.total_ns[nodes], kind="stable")[:MAX_NODES]])
        return {
            "id": nodes.tolist(),
            "parent": self.parent[nodes].tolist(),
            "code": self.code[nodes].tolist(),
            "calls": self.n_calls[nodes].tolist(),
            "self": self.self_ns[nodes].tolist(),
            "total": self.total_ns[nodes].tolist(),
        }


def build_flame_graph(calls: NDArray[np.void]) -> FlameGraph:
    """Join the calls of a tree level by level."""
    parents = np.ascontiguousarray(calls["parent"])
    codes = calls["code"].astype(np.int64)
    n_codes = int(codes.max(initial=0)) + 1
    nodes = np.zeros(len(calls) + 1, np.int32)  # the last, row -1, is the caller of all roots
    by_level, bounds = _rows_by_level(parents)
    node_parent, node_code = [np.zeros(1, np.int64)], [np.full(1, -1)]
    n_nodes = 1
    for level in range(min(len(bounds) - 1, MAX_LEVELS)):
        rows = by_level[bounds[level] : bounds[level + 1]]
        keys = nodes[parents[rows]] * np.int64(n_codes) + codes[rows]
        found, at = _distinct(keys, n_nodes * n_codes)
        nodes[rows] = at + n_nodes
        node_parent.append(found // n_codes)
        node_code.append(found % n_codes)
        n_nodes += len(found)
    for level in range(MAX_LEVELS, len(bounds) - 1):
        rows = by_level[bounds[level] : bounds[level + 1]]
        nodes[rows] = nodes[parents[rows]]
    parent = np.concatenate(node_parent)
    of_calls = nodes[:-1]
    self_ns = _sums(of_calls, calls["self_ns"], n_nodes)
    totals, callers = self_ns.tolist(), parent.tolist()
    for node in range(n_nodes - 1, 0, -1):
        totals[callers[node]] += totals[node]
    return FlameGraph(
        parent.astype(np.int32),
        np.concatenate(node_code),
        np.bincount(of_calls, minlength=n_nodes),
        self_ns,
        np.array(totals),
    )


def _rows_by_level(parents: NDArray[np.int32]) -> tuple[NDArray[np.int64], list[int]]:
    """Sort rows by how many callers are above them, by pointer jumping: 16 rounds for 50,000 levels."""
    n = len(parents)
    above = np.append(np.where(parents < 0, n, parents), n).astype(np.int32)
    levels = np.zeros(n + 1, np.int32)
    levels[:n] = parents >= 0
    while (above[:n] < n).any():
        levels += levels[above]
        above = above[above]
    levels = levels[:n]
    narrow = levels.astype(np.uint16) if n and levels.max() < 1 << 16 else levels
    bounds = np.concatenate(([0], np.cumsum(np.bincount(levels)))) if n else np.zeros(1, np.int64)
    return np.argsort(narrow, kind="stable"), bounds.tolist()


def _distinct(keys: NDArray[np.int64], n_possible: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct keys, ascending, and the place of each key among them."""
    if n_possible > 4 * len(keys) + (1 << 16):
        found, at = np.unique(keys, return_inverse=True)
        return found, at
    occurs = np.zeros(n_possible, np.bool_)
    occurs[keys] = True
    found = np.flatnonzero(occurs)
    places = np.cumsum(occurs) - 1
    return found, places[keys]


def _sums(at: NDArray[np.int32], amounts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    sums = np.zeros(n, np.int64)
    np.add.at(sums, at, amounts)
    return sums
