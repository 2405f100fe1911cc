"""Traces: the tracer, its events, metrics and call graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.lazy import importer
from callbox.tracing.tracer import FunctionTracer

if TYPE_CHECKING:
    from callbox.tracing.callgraph import CallGraph
    from callbox.tracing.metrics import Metrics, compute_metrics

__all__ = ["CallGraph", "FunctionTracer", "Metrics", "compute_metrics"]

# A program that is being recorded may not want NumPy, which these need.
_MODULES = {"CallGraph": "callgraph", "Metrics": "metrics", "compute_metrics": "metrics"}

__getattr__ = importer(__name__, _MODULES)
