"""What it costs to answer questions about a recording."""

from __future__ import annotations

from callbox.recording.recording import Recording
from callbox.tracing.callgraph import CallGraph
from callbox.tracing.metrics import Metrics, compute_metrics
from suite.synthetic import build_capture


class Analysis:
    """Metrics and the call graph of synthetic recordings."""

    params = (20_000, 200_000, 2_000_000)
    param_names = ("n_events",)

    def setup(self, n_events: int) -> None:
        self.tree = Recording(build_capture(n_events, n_threads=2)).tree

    def time_metrics(self, n_events: int) -> Metrics:
        return compute_metrics(self.tree)

    def peakmem_metrics(self, n_events: int) -> Metrics:
        return compute_metrics(self.tree)

    def time_call_graph_edges(self, n_events: int) -> int:
        return len(CallGraph(self.tree).edges)

    def time_critical_path(self, n_events: int) -> int:
        return len(CallGraph(self.tree).get_critical_path())


class Cycles:
    """Recursion found in a call graph that is already made."""

    def setup(self) -> None:
        self.graph = CallGraph(Recording(build_capture(200_000)).tree)
        self.n_edges = len(self.graph.edges)

    def time_find_cycles(self) -> int:
        return len(self.graph.find_cycles())

    def track_hotspot_share(self) -> float:
        return sum(node.self_share for node in self.graph.identify_hotspots(0.005))

    track_hotspot_share.unit = "share"  # type: ignore[attr-defined]
