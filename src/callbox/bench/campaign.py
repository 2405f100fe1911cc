"""Captures and verifications of whole suites: modules and cases shared out, results as they come."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import msgspec

from callbox.bench.comparing import rules_data
from callbox.bench.discover import list_modules
from callbox.bench.limits import Request, Settings
from callbox.bench.model import Benchmark, BrokenModule, Case, Run, Status
from callbox.bench.processes import HostProcess, ask, problem_of
from callbox.bench.suite import Suite
from callbox.bench.tolerance import Tolerance
from callbox.bench.wire import Compared, CompareOrder
from callbox.errors import ConfigError

_BATCH = 16
"""Cases that share an import; what an interrupted capture loses at most, for each job."""


class Found(msgspec.Struct, frozen=True):
    """What a suite has."""

    benchmarks: tuple[Benchmark, ...]
    broken: tuple[BrokenModule, ...]


class Batch(msgspec.Struct, frozen=True):
    """Cases of one module, and how to run them.

    Attributes:
        suite, module: where they are.
        cases: to run.
        settings: of the processes.
        n_runs: 1, or 2 to run each case in two processes, the second of which executes it twice.
        pickled: globs of classes whose instances may be pickled.
        known: digests whose data are not wanted again, by case id.
    """

    suite: Suite
    module: str
    cases: tuple[Case, ...]
    settings: Settings
    n_runs: int = 1
    pickled: tuple[str, ...] = ()
    known: dict[str, tuple[str, ...]] = {}


class Discoverer(msgspec.Struct, frozen=True):
    """Lists what modules have; each is imported in a process of its own."""

    suite: Suite
    settings: Settings

    def look(self, module: str) -> Found:
        """Import one module."""
        with HostProcess(self.suite, module, self.settings) as host:
            welcome = host.welcome
        problems = [welcome.problem] if welcome.problem else list(welcome.broken)
        return Found(welcome.benchmarks, tuple(BrokenModule(module, problem) for problem in problems))


def discover(suite: Suite, settings: Settings, executor: Executor) -> Found:
    """List the benchmarks of a suite; a module that cannot be imported costs no other."""
    found = list(executor.map(Discoverer(suite, settings).look, list_modules(suite)))
    unique = {benchmark.name: benchmark for each in found for benchmark in each.benchmarks}
    return Found(tuple(unique.values()), tuple(broken for each in found for broken in each.broken))


def select(benchmarks: Iterable[Benchmark], pattern: str, excluded: Sequence[str] = ()) -> list[Case]:
    """List the cases of benchmarks in whose name a pattern is found, as ASV's `--bench` does; without the excluded.

    Raises:
        ConfigError: one is no regular expression.
    """
    is_chosen = by_name(pattern, excluded)
    return [case for benchmark in benchmarks if is_chosen(benchmark.name) for case in benchmark.cases()]


def by_name(pattern: str, excluded: Sequence[str] = ()) -> Callable[[str], bool]:
    """Return what says whether a benchmark's name is chosen.

    Raises:
        ConfigError: a pattern is no regular expression.
    """
    chosen, *left_out = [_compile(text) for text in (pattern, *excluded)]
    return lambda name: bool(chosen.search(name)) and not any(each.search(name) for each in left_out)


def _compile(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ConfigError(f"{text!r} is no regular expression: {error}") from None


def batches(cases: Sequence[Case], template: Batch) -> list[Batch]:
    """Share cases out: each batch is of one module."""
    by_module: dict[str, list[Case]] = {}
    for case in cases:
        by_module.setdefault(case.benchmark.module, []).append(case)
    return [
        msgspec.structs.replace(template, module=module, cases=tuple(chosen[start : start + _BATCH]))
        for module, chosen in by_module.items()
        for start in range(0, len(chosen), _BATCH)
    ]


def run_batch(batch: Batch) -> list[tuple[Case, list[Run]]]:
    """Run the cases of a batch, each in its own process; where `n_runs` is 2, in two at a time."""
    with contextlib.ExitStack() as stack:
        hosts = [
            stack.enter_context(HostProcess(batch.suite, batch.module, batch.settings)) for _ in range(batch.n_runs)
        ]
        return [(case, _run(batch, case, hosts)) for case in batch.cases]


def _run(batch: Batch, case: Case, hosts: list[HostProcess]) -> list[Run]:
    problem = problem_of(hosts)
    if problem:
        return [Run(Status.FAILED, problem)] * batch.n_runs
    known = batch.known.get(case.id, ())
    requests = [
        Request(case.index, batch.settings, batch.pickled, known, is_repeated=number == batch.n_runs - 1)
        for number in range(batch.n_runs)
    ]
    return ask(hosts, case.benchmark.name, requests, case.benchmark.timeout_s or batch.settings.timeout_s)


class Comparer:
    """Compares parts in processes of the module that they come from; one process for comparisons in a row."""

    def __init__(self, suite: Suite, settings: Settings) -> None:
        self._suite = suite
        self._settings = settings
        self._host: HostProcess | None = None
        self._module = ""

    def compare(
        self, module: str, order: tuple[str, bytes, bytes], tolerance: Tolerance, ignored: tuple[str, ...]
    ) -> Compared:
        """Compare the encodings of an actual and an expected value.

        Args:
            module: of the benchmark.
            order: name, actual, expected.
            tolerance: for numbers.
            ignored: paths to leave out.
        """
        if self._host is None or self._module != module:
            self.close()
            self._host = HostProcess(self._suite, module, self._settings)
            self._host.__enter__()
            self._module = module
        name, actual, expected = order
        rules = rules_data(tolerance.rtol, tolerance.atol, tolerance.equal_nan, ignored)
        return self._host.compare(CompareOrder(name, actual, expected, rules, self._settings.timeout_s))

    def close(self) -> None:
        """End the process."""
        if self._host is not None:
            self._host.__exit__(None, None, None)
            self._host = None


def run_all(
    work: Sequence[Batch], executor: Executor, run: Callable[[Batch], list[tuple[Case, list[Run]]]] = run_batch
) -> Iterator[list[tuple[Case, list[Run]]]]:
    """Run batches and give their results as they come."""
    futures = [executor.submit(run, batch) for batch in work]
    try:
        for future in concurrent.futures.as_completed(futures):
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def local_executor(n_jobs: int | None, n_runs: int) -> ThreadPoolExecutor:
    """Return an executor of this machine: as many jobs as leave each process a core, unless told otherwise."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ThreadPoolExecutor(n_jobs or max(1, n_cores // n_runs), thread_name_prefix="callbox-bench")
