from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET

import pytest

from callbox.errors import ConfigError
from callbox.tracing import CallGraph


def test_dot_is_what_render_writes(shop_tree) -> None:
    text = CallGraph(shop_tree).to_dot(show_times=False)

    assert text.startswith("digraph calls {")
    assert "self" not in text


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_svg_has_a_node_for_each_function_and_an_edge_for_each_pair(shop_tree) -> None:
    graph = CallGraph(shop_tree)

    root = ET.fromstring(graph.to_svg())

    groups = [group.get("class") for group in root.iter("{http://www.w3.org/2000/svg}g")]
    assert groups.count("node") == len(graph.nodes) == 4
    assert groups.count("edge") == len(graph.edges)


def test_svg_without_graphviz_says_what_to_install(shop_tree, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(ConfigError, match="`dot` is not on PATH; install Graphviz"):
        CallGraph(shop_tree).to_svg()


def test_networkx_graph_has_counts_and_times(shop_tree) -> None:
    networkx = pytest.importorskip("networkx")

    graph = CallGraph(shop_tree).to_networkx()

    assert isinstance(graph, networkx.DiGraph)
    assert graph.nodes["shop.data.load"]["calls"] == 2
    assert graph.edges["shop.main", "shop.data.load"]["inclusive_ns"] == 20
    assert list(networkx.simple_cycles(graph)) == [["shop.order.sort"]]


def test_networkx_that_is_missing_is_asked_for(shop_tree, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "networkx", None)

    with pytest.raises(ConfigError, match="pip install networkx"):
        CallGraph(shop_tree).to_networkx()
