"""What the command line does, step by step from Python.

discovery = BenchmarkDiscovery("benchmarks")
runner = BenchmarkRunner("benchmarks")
snapshots = SnapshotManager(".snapshots")
for benchmark in discovery.discover_all():
result = runner.run_benchmark(benchmark)
snapshots.store_snapshot(benchmark.name, benchmark.module, return_value=result.return_value)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from callbox.bench.campaign import Batch, discover, local_executor, run_batch, select
from callbox.bench.deepest import Deepest
from callbox.bench.limits import Settings
from callbox.bench.model import ENTRY_FORMAT, Benchmark, BrokenModule, Case, Entry, Part, Status, Verdict
from callbox.bench.origin import describe_origin
from callbox.bench.parts import digest_of
from callbox.bench.snapshots import Snapshots
from callbox.bench.suite import find_suite
from callbox.errors import CaptureError, NothingFoundError
from callbox.store.location import open_location
from callbox.values.compare import Comparison, Rules, compare
from callbox.values.exact import decode, encode
from callbox.values.exact.secrets import find_secret

_RESULT = "result"


class BenchmarkDiscovery:
    """Finds the benchmarks of a suite as ASV does; each module is imported in a process of its own.

    Attributes:
        broken: modules and benchmarks that cannot be had, and why; filled by `discover_all`.
    """

    def __init__(self, benchmark_dir: str | os.PathLike[str], settings: Settings | None = None) -> None:
        """Name a suite.

        Args:
            benchmark_dir: the folder of the benchmarks, or of `asv.conf.json`.
            settings: of the processes.
        """
        self._suite = find_suite(os.fspath(benchmark_dir))
        self._settings = settings or Settings()
        self.broken: tuple[BrokenModule, ...] = ()

    def discover_all(self, pattern: str = "") -> list[Benchmark]:
        """Return the benchmarks in whose name a regular expression is found; all by default."""
        with local_executor(None, 1) as executor:
            found = discover(self._suite, self._settings, executor)
        self.broken = found.broken
        return list({case.benchmark.name: case.benchmark for case in select(found.benchmarks, pattern)}.values())


@dataclass(frozen=True)
class BenchmarkResult:
    """What one run of a benchmark computed.

    Attributes:
        benchmark: its name.
        parameters: representations of its parameters.
        status: "ok", "skipped", "failed" or "timeout".
        error: why, of anything but "ok".
        return_value: what it returned; or else what it computed and dropped, by name, or that itself if it is one
            value; None if there is nothing.
        values: everything that was captured, by name.
        refused: why parts could not be captured, by name.
        seconds: wall time of the body.
    """

    benchmark: str
    parameters: tuple[str, ...]
    status: str
    error: str
    return_value: Any
    values: dict[str, Any]
    refused: dict[str, str]
    seconds: float


class BenchmarkRunner:
    """Runs benchmarks of a suite, each in a process of its own."""

    def __init__(self, benchmark_dir: str | os.PathLike[str], settings: Settings | None = None) -> None:
        """Name a suite, as for `BenchmarkDiscovery`."""
        self._suite = find_suite(os.fspath(benchmark_dir))
        self._settings = settings or Settings()

    def run_benchmark(self, benchmark: Benchmark, param_index: int = 0) -> BenchmarkResult:
        """Run one case.

        Args:
            benchmark: of this suite.
            param_index: which combination of its parameters, the last fastest.

        Raises:
            CaptureError: a value needs a class that cannot be imported here.
        """
        case = Case(benchmark, param_index)
        batch = Batch(self._suite, benchmark.module, (case,), self._settings)
        ((_, (run,)),) = run_batch(batch)
        values = {part.name: self._decode(part) for part in run.parts if part.digest}
        refused = {part.name: part.refused for part in run.parts if part.refused}
        computed = {name: value for name, value in values.items() if name != "stdout" and not name.startswith("self.")}
        result = computed if len(computed) > 1 else next(iter(computed.values()), None)
        error = "" if run.status is Status.OK else run.reason
        parameters = case.parameters
        return BenchmarkResult(benchmark.name, parameters, run.status, error, result, values, refused, run.seconds)

    def _decode(self, part: Part) -> Any:
        parent = str(Path(self._suite.root).parent)
        if parent not in sys.path:
            sys.path.append(parent)
        try:
            return decode(part.data, allow=("*",))
        except Exception as error:
            raise CaptureError(f"{part.name} cannot be read here: {error}") from error


class ExecutionTracer:
    """Keeps the result of the deepest call that returned anything, as a context manager.

    Code of the standard library is not counted.

    Attributes:
        return_value: that result; None if no call returned anything.
        function_name: the function's full name; empty if there was none.
        depth: how deep it was, 1 for calls made directly.
    """

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        """Prepare.

        Args:
            exclude: names of packages whose calls do not count.
        """
        self._exclude = tuple(exclude)
        self._deepest = Deepest(self._exclude)
        self._watching: Any = None

    @property
    def return_value(self) -> Any:
        """The result of the deepest call that has one."""
        return self._deepest.value

    @property
    def function_name(self) -> str:
        """The full name of its function."""
        return self._deepest.name

    @property
    def depth(self) -> int:
        """How deep that call was."""
        return self._deepest.depth

    def trace(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function under this tracer and return what it returns."""
        with self:
            return function(*args, **kwargs)

    def __enter__(self) -> ExecutionTracer:
        self._deepest = Deepest(self._exclude)
        self._watching = self._deepest.watching()
        self._watching.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._watching.__exit__(kind, error, traceback)


class SnapshotManager:
    """Keeps values of benchmarks at a location, as `callbox bench capture` does."""

    def __init__(self, location: str | os.PathLike[str] = ".snapshots") -> None:
        """Name a location: a folder, or a URL that fsspec knows."""
        self.snapshots = Snapshots(open_location(location))

    def store_snapshot(
        self,
        benchmark_name: str,
        module_path: str = "",
        parameters: Sequence[Any] = (),
        param_names: Sequence[str] | None = None,  # noqa: ARG002
        return_value: Any = None,
    ) -> Entry:
        """Keep what a benchmark returned.

        Args:
            benchmark_name: its name.
            module_path: where it is from; kept as part of the id if the name does not begin with it.
            parameters: values of its parameters.
            param_names: their names; for readers only.
            return_value: what to keep.

        Raises:
            RefusalError: the value has no exact encoding.
        """
        data = encode(return_value, name=_RESULT)
        part = Part(_RESULT, digest_of(data), len(data), secret=find_secret(data))
        case_id = _id_of(benchmark_name, module_path, parameters)
        verdict, reason = (
            (Verdict.CAPTURED, "") if return_value is not None else (Verdict.VACUOUS, "None tells nothing")
        )
        origin = describe_origin(Path.cwd(), Settings())
        entry = Entry(case_id, benchmark_name, "", verdict, origin, ENTRY_FORMAT, reason=reason, parts=(part,))
        self.snapshots.create()
        self.snapshots.put(entry, {} if part.secret else {part.digest: data})
        return entry

    def load_snapshot(self, benchmark_name: str, module_path: str = "", parameters: Sequence[Any] = ()) -> Any:
        """Return what was kept of a benchmark: its result, or all captured parts by name if there are several.

        Raises:
            NothingFoundError: nothing was.
            FormatError: it is damaged.
            CaptureError: it looked like a secret, so that its hash alone was kept.
        """
        case_id = _id_of(benchmark_name, module_path, parameters)
        entry = self.snapshots.find(case_id)
        if entry is None:
            raise NothingFoundError(f"no snapshot of {case_id} in {self.snapshots.location}")
        if secret := next((part for part in entry.parts if part.secret), None):
            raise CaptureError(f"of {secret.name} of {case_id} its hash alone was kept: {secret.secret}")
        values = {p.name: decode(self.snapshots.blob(p.digest), allow=("*",)) for p in entry.parts if p.digest}
        return values if len(values) > 1 else next(iter(values.values()), None)

    def list_snapshots(self, pattern: str = "*") -> list[str]:
        """Return the ids of the cases that match a glob, sorted."""
        return sorted(self.snapshots.entries(pattern))

    def delete_snapshots(self, pattern: str = "*") -> int:
        """Delete the snapshots of cases that match a glob, and what only they need; return how many."""
        chosen = self.list_snapshots(pattern)
        self.snapshots.delete(chosen)
        return len(chosen)


class Comparator:
    """Compares values with tolerances for numbers, by type, shape and content."""

    def __init__(self, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = True) -> None:
        """Set tolerances: `abs(actual - expected) <= atol + rtol * abs(expected)`."""
        self._rules = Rules(rtol=rtol, atol=atol, equal_nan=equal_nan)

    def compare(self, actual: Any, expected: Any) -> Comparison:
        """Return every difference; `is_equal` says whether there is none."""
        return compare(actual, expected, rules=self._rules, name=_RESULT)


def _id_of(name: str, module: str, parameters: Sequence[Any]) -> str:
    full = name if not module or name.startswith(f"{module}.") else f"{module}.{name}"
    return f"{full}({', '.join(map(repr, parameters))})" if parameters else full
