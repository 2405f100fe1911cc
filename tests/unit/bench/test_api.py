"""The classes for use from Python, as the seed shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("asv_runner")
pytest.importorskip("time_machine")

from callbox.bench import (
    BenchmarkDiscovery,
    BenchmarkRunner,
    Comparator,
    ExecutionTracer,
    SnapshotManager,
)
from callbox.errors import NothingFoundError


@pytest.fixture
def suite(tmp_path) -> Path:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "one.py").write_text(
        "class Suite:\n    params = [1, 2]\n\n    def time_double(self, n):\n        doubled = [n, n]\n"
    )
    return folder


def test_benchmarks_are_found_run_kept_and_compared(suite, tmp_path) -> None:
    (benchmark,) = BenchmarkDiscovery(suite).discover_all()
    result = BenchmarkRunner(suite).run_benchmark(benchmark, 1)
    snapshots = SnapshotManager(tmp_path / "kept")
    snapshots.store_snapshot(
        benchmark_name=benchmark.name, module_path="one", parameters=(2,), param_names=None, return_value=[2, 2]
    )

    assert (benchmark.name, result.parameters, result.status) == ("one.Suite.time_double", ("2",), "ok")
    assert result.return_value == [2, 2]
    assert Comparator().compare(result.return_value, snapshots.load_snapshot(benchmark.name, "one", (2,))).is_equal
    assert snapshots.delete_snapshots() == 1


def test_snapshot_that_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(NothingFoundError, match="no snapshot of a"):
        SnapshotManager(tmp_path).load_snapshot("a")


def test_comparator_knows_types_shapes_and_nan() -> None:
    comparator = Comparator()

    assert comparator.compare(np.array([1.0, np.nan]), np.array([1.0 + 1e-9, np.nan])).is_equal
    assert not comparator.compare((1, 2), [1, 2]).is_equal
    assert not comparator.compare(np.array(["a"]), np.array(["b"])).is_equal


def inner(x):
    return [x]


def outer(x):
    return {"inner": inner(x)["missing" if x is None else slice(None)]}


def test_deepest_result_is_that_of_the_deepest_call() -> None:
    tracer = ExecutionTracer()

    assert tracer.trace(outer, 3) == {"inner": [3]}
    assert (tracer.return_value, tracer.depth) == ([3], 2)
    assert tracer.function_name.endswith(".inner")
