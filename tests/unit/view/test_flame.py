from __future__ import annotations

import numpy as np
import pytest

from callbox.engine.kernels import CALL_DTYPE
from callbox.view import flame
from callbox.view.flame import build_flame_graph


def calls_of(*rows: tuple[int, int, int]) -> np.ndarray:
    """Make calls `(parent, code, self time)`."""
    calls = np.zeros(len(rows), CALL_DTYPE)
    calls["parent"], calls["code"], calls["self_ns"] = zip(*rows, strict=True)
    return calls


def nodes_of(graph, root: int = 0) -> list[tuple[int, int, int, int, int]]:
    """`(id, parent, code, calls, total)` of every node shown."""
    found = graph.below(root)
    return list(zip(*(found[name] for name in ("id", "parent", "code", "calls", "total")), strict=True))


def test_calls_with_the_same_callers_are_one_node() -> None:
    graph = build_flame_graph(calls_of((-1, 5, 10), (0, 7, 20), (0, 7, 30), (-1, 5, 1), (3, 8, 2)))

    assert nodes_of(graph) == [(0, 0, -1, 0, 63), (1, 0, 5, 2, 63), (2, 1, 7, 2, 50), (3, 1, 8, 1, 2)]


def test_totals_are_the_self_times_below() -> None:
    graph = build_flame_graph(calls_of((-1, 1, 10), (0, 1, 20), (1, 1, 30)))

    assert graph.total_ns.tolist() == [60, 60, 50, 30]
    assert graph.self_ns.tolist() == [0, 10, 20, 30]


def test_what_is_too_small_to_see_is_left_out_until_one_looks_closer() -> None:
    graph = build_flame_graph(calls_of((-1, 1, 1_000_000), (0, 2, 50), (1, 3, 49)))

    assert [node[0] for node in nodes_of(graph)] == [0, 1]
    assert [node[0] for node in nodes_of(graph, 2)] == [2, 3]


def test_answer_keeps_the_largest_nodes_with_their_callers(monkeypatch) -> None:
    monkeypatch.setattr(flame, "MAX_NODES", 3)
    graph = build_flame_graph(calls_of((-1, 1, 10), (0, 2, 500), (0, 3, 400), (1, 4, 450)))

    assert [node[0] for node in nodes_of(graph)] == [0, 1, 2]


def test_calls_nested_beyond_the_limit_count_for_the_node_above(monkeypatch) -> None:
    monkeypatch.setattr(flame, "MAX_LEVELS", 2)
    graph = build_flame_graph(calls_of((-1, 1, 1), (0, 1, 2), (1, 1, 4), (2, 1, 8)))

    assert graph.self_ns.tolist() == [0, 1, 14]
    assert graph.n_calls.tolist() == [0, 1, 3]


@pytest.mark.parametrize("codes", [(3, 900_000), (1, 2)])
def test_numbers_of_functions_may_be_large(codes) -> None:
    graph = build_flame_graph(calls_of(*[(-1, code, 1) for code in codes]))

    assert graph.code.tolist() == [-1, *codes]
