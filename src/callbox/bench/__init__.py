"""Proof that optimised ASV benchmarks still compute the same."""

from __future__ import annotations

from callbox.bench.api import (
    BenchmarkDiscovery,
    BenchmarkResult,
    BenchmarkRunner,
    Comparator,
    ExecutionTracer,
    SnapshotManager,
)
from callbox.bench.model import Benchmark, Case, Entry, Finding, Verdict

__all__ = [
    "Benchmark",
    "BenchmarkDiscovery",
    "BenchmarkResult",
    "BenchmarkRunner",
    "Case",
    "Comparator",
    "Entry",
    "ExecutionTracer",
    "Finding",
    "SnapshotManager",
    "Verdict",
]
