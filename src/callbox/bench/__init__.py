"""Proof that optimised ASV benchmarks still compute the same.

Names are imported when they are first used: a process that lists the benchmarks of a module needs none of them.
"""

from __future__ import annotations

from callbox.lazy import importer

TYPE_CHECKING = False
if TYPE_CHECKING:
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

_API = ("BenchmarkDiscovery", "BenchmarkResult", "BenchmarkRunner", "Comparator", "ExecutionTracer", "SnapshotManager")
_MODEL = ("Benchmark", "Case", "Entry", "Finding", "Verdict")

__getattr__ = importer(__name__, {**dict.fromkeys(_API, "api"), **dict.fromkeys(_MODEL, "model")})
