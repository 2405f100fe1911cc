"""What a recording cost: times, counts, depth, recursion, exceptions and memory, by function and thread.

Calls are tallied in chunks that stay in the processor's cache; nothing loops
over single calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.model import CallTree, Function, Outcome, Thread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

N_HOTSPOTS = 10
"""How many functions `Metrics.hotspots` names."""

_CHUNK_SIZE = 1 << 15
_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class FunctionMetrics:
    """What one function cost. Times are nanoseconds on the stack; suspensions of generators are no part of them."""

    function: Function
    n_calls: int
    n_raised: int
    """Calls that an exception ended."""
    inclusive_ns: int
    """Time in the function and what it called; time in nested activations of it counts once."""
    self_ns: int
    self_share: float
    """Self time as a share of the recording's total time, 0 to 1."""
    min_ns: int
    """Inclusive time of the shortest call."""
    mean_ns: float
    max_ns: int
    max_nested: int
    """Most activations of it below one of its own on a stack; 0 where it never recursed."""
    allocated_bytes: int | None
    """Allocated in it and what it called; None unless memory was recorded."""
    allocated_blocks: int | None


@dataclass(frozen=True, slots=True)
class ThreadMetrics:
    """What one thread did."""

    thread: Thread
    n_calls: int
    total_ns: int
    """Time with a recorded call on the stack."""


class MetricsDict(dict[str, Any]):
    """Metrics as plain values. The type tells snapshots that times are in it, which no run has twice."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a recording cost."""

    total_ns: int
    """Time with a recorded call on the stack, summed over threads."""
    n_calls: int
    n_raised: int
    max_depth: int
    """Depth of the deepest call; a root has 0."""
    mean_depth: float
    functions: tuple[FunctionMetrics, ...]
    """By self time, most first; equals by name."""
    threads: tuple[ThreadMetrics, ...]
    allocated_bytes: int | None
    """Allocated in recorded calls; None unless memory was recorded."""
    allocated_blocks: int | None

    @property
    def hotspots(self) -> tuple[FunctionMetrics, ...]:
        """The functions with the most self time, at most `N_HOTSPOTS`."""
        return self.functions[:N_HOTSPOTS]

    @property
    def recursive(self) -> tuple[FunctionMetrics, ...]:
        """The functions that were entered while they were on the stack, deepest first."""
        nested = [entry for entry in self.functions if entry.max_nested]
        return tuple(sorted(nested, key=lambda entry: -entry.max_nested))

    def to_dict(self) -> MetricsDict:
        """Return everything as plain values for JSON; `total_time` is in seconds, like the keys that end in `_s`."""
        plain = {
            "total_time": self.total_ns / _NS_PER_S,
            "total_calls": self.n_calls,
            "call_counts": _sum_by_name((e.function, e.n_calls) for e in self.functions),
            "memory_usage": _memory_dict(self.allocated_bytes, self.allocated_blocks),
            "depth": {"max": self.max_depth, "mean": self.mean_depth},
            "hotspots": [_function_dict(entry) for entry in self.hotspots],
            "recursion": [
                {"function": e.function.full_name, "deepest": e.max_nested + 1, "calls": e.n_calls}
                for e in self.recursive
            ],
            "exceptions": _sum_by_name((e.function, e.n_raised) for e in self.functions if e.n_raised),
            "functions": [_function_dict(entry) for entry in self.functions],
            "threads": [
                {
                    "name": e.thread.name,
                    "thread_id": e.thread.ident,
                    "calls": e.n_calls,
                    "total_time_s": e.total_ns / _NS_PER_S,
                }
                for e in self.threads
            ],
        }
        return MetricsDict(plain)


def compute_metrics(tree: CallTree) -> Metrics:
    """Compute the metrics of a call tree.

    Args:
        tree: the folded recording. Calls that are still open count with the time
            they have had.
    """
    tally = _Tally(tree)
    for start in range(0, len(tree.calls), _CHUNK_SIZE):
        rows = slice(start, start + _CHUNK_SIZE)
        tally.add(tree.calls[rows], None if tree.alloc is None else tree.alloc[rows])
    return tally.metrics()


def function_order(function: Function) -> tuple[str, str, int, int]:
    """Order functions by what a person sees of them; ids differ between runs."""
    return function.full_name, function.filename, function.line_number, function.id


class _Tally:
    """Sums over calls by function, as arrays whose places are those of `functions`."""

    def __init__(self, tree: CallTree) -> None:
        self._tree = tree
        self._functions = sorted(tree.functions.values(), key=function_order)
        n = len(self._functions)
        self._place = np.zeros(max(tree.functions, default=0) + 1, np.int64)
        self._place[[function.id for function in self._functions]] = np.arange(n)
        self._n_calls = np.zeros(n, np.int64)
        self._n_raised = np.zeros(n, np.int64)
        self._inclusive_ns = np.zeros(n, np.int64)
        self._sum_ns = np.zeros(n, np.int64)
        self._self_ns = np.zeros(n, np.int64)
        self._min_ns = np.full(n, np.iinfo(np.int64).max)
        self._max_ns = np.full(n, np.iinfo(np.int64).min)
        self._max_nested = np.zeros(n, np.int64)
        self._alloc = np.zeros((n, 2), np.int64)
        self._root_alloc = np.zeros(2, np.int64)
        self._thread_calls = np.zeros(len(tree.threads), np.int64)
        self._thread_ns = np.zeros(len(tree.threads), np.int64)
        self._max_depth = 0
        self._sum_depth = 0

    def add(self, calls: NDArray[np.void], alloc: NDArray[np.uint64] | None) -> None:
        """Add a chunk of calls."""
        n = len(self._functions)
        place = self._place[calls["code"]]
        inclusive_ns = np.ascontiguousarray(calls["inclusive_ns"])
        self_ns = np.ascontiguousarray(calls["self_ns"])
        nested = np.ascontiguousarray(calls["n_nested"])
        outermost = nested == 0
        self._n_calls += np.bincount(place, minlength=n)
        self._n_raised += np.bincount(place[calls["outcome"] == Outcome.RAISED], minlength=n)
        np.add.at(self._inclusive_ns, place, np.where(outermost, inclusive_ns, 0))
        np.add.at(self._sum_ns, place, inclusive_ns)
        np.add.at(self._self_ns, place, self_ns)
        np.minimum.at(self._min_ns, place, inclusive_ns)
        np.maximum.at(self._max_ns, place, inclusive_ns)
        if not outermost.all():
            np.maximum.at(self._max_nested, place, nested)
        if alloc is not None:
            self._add_alloc(place, outermost, calls["parent"] < 0, alloc)
        self._add_threads(calls, self_ns)

    def _add_alloc(
        self,
        place: NDArray[np.int64],
        outermost: NDArray[np.bool_],
        is_root: NDArray[np.bool_],
        alloc: NDArray[np.uint64],
    ) -> None:
        for column in range(2):
            amounts = np.where(outermost, alloc[:, column].astype(np.int64), 0)
            np.add.at(self._alloc[:, column], place, amounts)
            self._root_alloc[column] += alloc[is_root, column].sum(dtype=np.int64)

    def _add_threads(self, calls: NDArray[np.void], self_ns: NDArray[np.int64]) -> None:
        thread = calls["thread"].astype(np.int64)
        depth = calls["depth"]
        self._thread_calls += np.bincount(thread, minlength=len(self._thread_calls))
        np.add.at(self._thread_ns, thread, self_ns)
        self._max_depth = max(self._max_depth, int(depth.max()))
        self._sum_depth += int(depth.sum(dtype=np.int64))

    def metrics(self) -> Metrics:
        """Return what was added up."""
        n_calls = int(self._n_calls.sum())
        total_ns = int(self._self_ns.sum())
        has_memory = self._tree.alloc is not None
        called = np.flatnonzero(self._n_calls).tolist()
        entries = [self._function_metrics(place, total_ns) for place in called]
        entries.sort(key=lambda entry: -entry.self_ns)
        return Metrics(
            total_ns=total_ns,
            n_calls=n_calls,
            n_raised=int(self._n_raised.sum()),
            max_depth=self._max_depth,
            mean_depth=self._sum_depth / n_calls if n_calls else 0.0,
            functions=tuple(entries),
            threads=tuple(
                ThreadMetrics(thread, int(self._thread_calls[index]), int(self._thread_ns[index]))
                for index, thread in enumerate(self._tree.threads)
            ),
            allocated_bytes=int(self._root_alloc[0]) if has_memory else None,
            allocated_blocks=int(self._root_alloc[1]) if has_memory else None,
        )

    def _function_metrics(self, place: int, total_ns: int) -> FunctionMetrics:
        has_memory = self._tree.alloc is not None
        n_calls = int(self._n_calls[place])
        self_ns = int(self._self_ns[place])
        return FunctionMetrics(
            function=self._functions[place],
            n_calls=n_calls,
            n_raised=int(self._n_raised[place]),
            inclusive_ns=int(self._inclusive_ns[place]),
            self_ns=self_ns,
            self_share=self_ns / total_ns if total_ns else 0.0,
            min_ns=int(self._min_ns[place]),
            mean_ns=int(self._sum_ns[place]) / n_calls,
            max_ns=int(self._max_ns[place]),
            max_nested=int(self._max_nested[place]),
            allocated_bytes=int(self._alloc[place, 0]) if has_memory else None,
            allocated_blocks=int(self._alloc[place, 1]) if has_memory else None,
        )


def _sum_by_name(counts: Iterable[tuple[Function, int]]) -> dict[str, int]:
    """Sum by full name, which several functions may share, in order of name."""
    sums: dict[str, int] = {}
    for function, count in counts:
        sums[function.full_name] = sums.get(function.full_name, 0) + count
    return dict(sorted(sums.items()))


def _function_dict(entry: FunctionMetrics) -> dict[str, Any]:
    return {
        "function": entry.function.full_name,
        "file": entry.function.filename,
        "line": entry.function.line_number,
        "calls": entry.n_calls,
        "exceptions": entry.n_raised,
        "self_time_s": entry.self_ns / _NS_PER_S,
        "self_share": entry.self_share,
        "inclusive_time_s": entry.inclusive_ns / _NS_PER_S,
        "min_time_s": entry.min_ns / _NS_PER_S,
        "mean_time_s": entry.mean_ns / _NS_PER_S,
        "max_time_s": entry.max_ns / _NS_PER_S,
        "memory_usage": _memory_dict(entry.allocated_bytes, entry.allocated_blocks),
    }


def _memory_dict(n_bytes: int | None, n_blocks: int | None) -> dict[str, int] | None:
    return None if n_bytes is None or n_blocks is None else {"bytes": n_bytes, "blocks": n_blocks}
