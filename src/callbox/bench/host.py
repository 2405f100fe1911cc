"""A process that imports one module of a suite and forks a child for each case of it.

Started as `python -m callbox.bench.host IN OUT`, two file descriptors. What the
import costs is paid once; what a case does to its process, nobody else sees.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec

from callbox.bench.child import Child, Ending
from callbox.bench.discover import describe, find_benchmarks, import_module
from callbox.bench.failures import describe_failure
from callbox.bench.model import Run, Status
from callbox.bench.suite import Suite
from callbox.bench.wire import Compared, CompareOrder, Hello, Order, RunOrder, Welcome, receive, send

_CACHE = "cache.pickle"


class Host:
    """The benchmarks of one module, and a folder of their own for those that share a cache."""

    def __init__(self, suite: Suite, memory_bytes: int, work: Path) -> None:
        self._suite = suite
        self._memory_bytes = memory_bytes
        self._work = work
        self._benchmarks: dict[str, Any] = {}
        self._problems: dict[str, Run | None] = {}
        """How making a cache went, by its key; None: well."""
        self._module = ""

    def open(self, module: str) -> Welcome:
        """Import the module and list what it has."""
        self._module = module
        try:
            found, broken = find_benchmarks(import_module(self._suite, module))
        except BaseException as error:
            return Welcome(problem=describe_failure(error))
        self._benchmarks = {benchmark.name: benchmark for benchmark in found}
        return Welcome(tuple(describe(benchmark, module) for benchmark in found), tuple(broken))

    def run(self, order: RunOrder) -> Run:
        """Run a case in a child, after the cache that it needs."""
        from callbox.bench.parts import encode_parts
        from callbox.bench.running import run_case
        from callbox.bench.sealed import preload

        preload()
        benchmark = self._benchmarks[order.benchmark]
        folder = self._work
        key = benchmark.setup_cache_key
        if key is not None:
            folder = self._folder_of(key)
            if key not in self._problems:
                self._problems[key] = self._make_cache(benchmark, folder, order)
            problem = self._problems[key]
            if problem is not None:
                return problem

        def work(child: Child) -> Run:
            if key is None:
                benchmark.set_cache(None)
            else:
                benchmark.set_cache(pickle.loads((folder / _CACHE).read_bytes()))
            return run_case(self._suite, benchmark, order.request, child.aside())

        ending = Child(folder, self._memory_bytes).run(work, order.timeout_s)
        run = _as_run(ending, order.timeout_s)
        if run.status is Status.OK and ending.n_printed:
            printed = encode_parts({"stdout": ending.printed}, (), order.request.known)
            run = msgspec.structs.replace(run, parts=(*run.parts, *printed))
        return run

    def compare(self, order: CompareOrder) -> Compared:
        """Compare in a child: decoding a value of the suite needs its classes."""
        from callbox.bench.comparing import compare_encoded

        ending = Child(self._work, self._memory_bytes).run(lambda _child: compare_encoded(order), order.timeout_s)
        if ending.message is None:
            return Compared(problem=ending.describe(order.timeout_s))
        return msgspec.msgpack.decode(ending.message, type=Compared)

    def _folder_of(self, key: str) -> Path:
        """Return the folder that benchmarks with the same cache work in, as under ASV: a cache may be a file there."""
        folder = self._work / hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
        folder.mkdir(exist_ok=True)
        return folder

    def _make_cache(self, benchmark: Any, folder: Path, order: RunOrder) -> Run | None:
        def work(_child: Child) -> Run:
            try:
                (folder / _CACHE).write_bytes(pickle.dumps(benchmark._setup_cache()))
            except BaseException as error:
                return Run(Status.FAILED, f"setup_cache: {describe_failure(error)}")
            return Run(Status.OK)

        timeout_s = float(benchmark.setup_cache_timeout or order.timeout_s)
        run = _as_run(Child(folder, self._memory_bytes).run(work, timeout_s), timeout_s)
        return None if run.status is Status.OK else run


def _as_run(ending: Ending, timeout_s: float) -> Run:
    if ending.message is not None:
        return msgspec.msgpack.decode(ending.message, type=Run)
    status = Status.TIMEOUT if ending.is_timeout else Status.FAILED
    return Run(status, ending.describe(timeout_s))


def serve(fd_in: int, fd_out: int) -> None:
    """Answer one message after the other, until there are no more."""
    hello = receive(fd_in, Hello)
    if hello is None:
        return
    sys.path += [folder for folder in hello.path if folder not in sys.path]
    host = Host(hello.suite, hello.memory_bytes, Path(hello.work))
    try:
        send(fd_out, host.open(hello.module))
        while (order := receive(fd_in, Order)) is not None:  # type: ignore[arg-type]
            send(fd_out, host.run(order) if isinstance(order, RunOrder) else host.compare(order))
    finally:
        shutil.rmtree(hello.work, ignore_errors=True)  # who asks may have been killed


if __name__ == "__main__":
    for fd in (0, 1):
        os.dup2(os.open(os.devnull, os.O_RDWR), fd)
    serve(int(sys.argv[1]), int(sys.argv[2]))
