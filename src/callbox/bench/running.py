"""One case, run in a process that ends after it."""

from __future__ import annotations

import contextlib
import inspect
import os
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import msgspec

from callbox.bench.calls import CallRecord
from callbox.bench.deepest import Deepest
from callbox.bench.discover import is_script
from callbox.bench.failures import describe_failure
from callbox.bench.limits import Request
from callbox.bench.model import Run, Status
from callbox.bench.parts import Keeper, Watch, encode_parts
from callbox.bench.rewrite import KEEPER, rewritten, rewritten_script
from callbox.bench.sealed import sealed
from callbox.bench.suite import Suite


def run_case(suite: Suite, benchmark: Any, request: Request, aside: contextlib.AbstractContextManager[object]) -> Run:
    """Set a benchmark up, execute it, gather what it computed, and tear it down.

    Args:
        suite: where it comes from.
        benchmark: ASV's object, with its cache set.
        request: what is wanted.
        aside: entered around the body: takes what it prints.
    """
    from asv_runner.benchmarks.mark import SkipNotImplemented

    if benchmark._params:
        benchmark.set_param_idx(request.index)
    stage = "setup: "
    try:
        with sealed(request.settings):
            if benchmark.do_setup():
                return Run(Status.SKIPPED, "its setup skips these parameters")
            stage = ""
            try:
                run = _Execution(suite, benchmark, request).run(aside)
            except BaseException:
                with contextlib.suppress(BaseException):
                    benchmark.do_teardown()
                raise
            stage = "teardown: "
            benchmark.do_teardown()
            return run
    except SkipNotImplemented as error:
        return Run(Status.SKIPPED, str(error) or "it skips itself")
    except BaseException as error:
        return Run(Status.FAILED, f"{stage}{describe_failure(error)}")


class _Execution:
    def __init__(self, suite: Suite, benchmark: Any, request: Request) -> None:
        self._suite = suite
        self._benchmark = benchmark
        self._request = request
        self._arguments = benchmark._build_params()
        self._keeper = Keeper()
        self._body = self._make_body()

    def run(self, aside: contextlib.AbstractContextManager[object]) -> Run:
        settings = self._request.settings
        instance = getattr(self._benchmark.func, "__self__", None)
        watch = Watch(instance, self._named_arguments())
        record = CallRecord(self._suite, with_values=settings.with_trace)
        begun = time.perf_counter()
        with aside, record:
            result = self._body(*self._arguments)
        seconds = time.perf_counter() - begun
        values = {"result": result} if result is not None else self._keeper.values()
        values.update(watch.changes())
        parts = encode_parts(values, tuple(f"pickle:{glob}" for glob in self._request.pickled), self._request.known)
        run = Run(
            Status.OK,
            parts=parts,
            callees=record.callees(),
            n_calls=(record.n_calls(), -1),
            sources=record.sources(),
            seconds=seconds,
            trace=record.box() if settings.with_trace else b"",
        )
        if self._request.is_repeated or settings.with_deepest:
            run = self._run_again(run, record)
        return run

    def _run_again(self, run: Run, record: CallRecord) -> Run:
        """Execute the body once more in the same process, as ASV does; watch for the deepest result, if asked for."""
        self._benchmark.do_teardown()
        self._benchmark.do_setup()
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            with record:
                self._body(*self._arguments)
            run = msgspec.structs.replace(run, n_calls=(run.n_calls[0], record.n_calls()))
            if not self._request.settings.with_deepest:
                return run
            deepest = Deepest((self._suite.package, "asv_runner", "time_machine"))
            with deepest.watching():
                self._body(*self._arguments)
        if not deepest.depth:
            return run
        found = encode_parts({f"deepest {deepest.name}": deepest.value}, (), self._request.known)
        return msgspec.structs.replace(run, parts=(*run.parts, *found))

    def _named_arguments(self) -> dict[str, Any]:
        names = list(self._benchmark.param_names)
        if len(self._arguments) > len(names):
            names.insert(0, "cache")
        return dict(zip(names, self._arguments, strict=False))

    def _make_body(self) -> Callable[..., Any]:
        """Return what is to be executed: the benchmark's function, rewritten where that can be done."""
        function = self._benchmark.func
        if is_script(self._benchmark):
            return self._run_script
        if inspect.ismethod(function) and isinstance(function.__func__, FunctionType):
            twin = rewritten(function.__func__, self._keeper.keep)
            return function if twin is None else twin.__get__(function.__self__)
        if isinstance(function, FunctionType):
            return rewritten(function, self._keeper.keep) or function
        return function  # type: ignore[no-any-return]

    def _run_script(self, *arguments: Any) -> None:
        """Execute the code that a raw timing benchmark gives, as a program of its own would."""
        code = self._benchmark.func(*arguments)
        statement, setup = (code, "") if isinstance(code, str) else code
        namespace: dict[str, Any] = {"__name__": "__main__", KEEPER: self._keeper.keep}
        exec(compile(textwrap.dedent(setup), "<setup>", "exec"), namespace)
        exec(rewritten_script(textwrap.dedent(statement), "<benchmark>"), namespace)
