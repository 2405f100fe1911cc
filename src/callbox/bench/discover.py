"""The benchmarks of one module, as ASV finds them; each broken one is told apart."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from callbox.bench.failures import describe_failure
from callbox.bench.model import Benchmark
from callbox.bench.suite import Suite


def list_modules(suite: Suite) -> list[str]:
    """Name the modules of a suite without importing any, packages before what they contain, in ASV's order."""
    return list(_walk(suite.root, suite.package))


def _walk(folder: str, name: str) -> Iterator[str]:
    yield name
    for found in pkgutil.iter_modules([folder]):
        if found.ispkg:
            yield from _walk(os.path.join(folder, found.name), f"{name}.{found.name}")  # noqa: PTH118
        else:
            yield f"{name}.{found.name}"


def import_module(suite: Suite, name: str) -> ModuleType:
    """Import a module of a suite as ASV does: by the folder's name, without its parent on the path."""
    from asv_runner.discovery import update_sys_path

    update_sys_path(suite.root)
    return importlib.import_module(name)


def find_benchmarks(module: ModuleType) -> tuple[list[Any], list[str]]:
    """Find ASV's benchmark objects in a module.

    Returns:
        The objects, and a line for each that could not be made.

    Source: asv_runner.discovery.disc_benchmarks, which ends at the first that cannot.
    """
    from asv_runner.discovery import _get_benchmark

    found: list[Any] = []
    broken: list[str] = []
    for name, owner, function in _candidates(module):
        try:
            benchmark = _get_benchmark(name, module, owner, function)
        except Exception as error:
            title = name if owner is None else f"{owner.__name__}.{name}"
            broken.append(f"{title}: {describe_failure(error)}")
            continue
        if benchmark is not None and all(benchmark.name != other.name for other in found):
            found.append(benchmark)
    return found, broken


def _candidates(module: ModuleType) -> Iterator[tuple[str, type | None, Any]]:
    for name, value in list(vars(module).items()):
        if name.startswith("_"):
            continue
        if inspect.isclass(value) and not inspect.isabstract(value):
            for attribute, member in inspect.getmembers(value):
                if inspect.isfunction(member) or inspect.ismethod(member):
                    yield attribute, value, member
        elif inspect.isfunction(value):
            yield name, None, value


def describe(benchmark: Any, module: str) -> Benchmark:
    """Return what is to be known of ASV's object outside its process."""
    return Benchmark(
        name=benchmark.name,
        type="timeraw" if is_script(benchmark) else benchmark.type,
        module=module,
        params=tuple(tuple(values) for values in benchmark.params),
        param_names=tuple(benchmark.param_names),
        timeout_s=float(benchmark.timeout) if benchmark.timeout else None,
        version=str(benchmark.version),
        pretty_name=str(benchmark.pretty_name or ""),
        line=_line_of(benchmark),
    )


def _line_of(benchmark: Any) -> int:
    """Return where the function begins whose lines name values; those of a script are its own."""
    function = getattr(benchmark.func, "__func__", benchmark.func)
    code = None if is_script(benchmark) else getattr(function, "__code__", None)
    return code.co_firstlineno if code else 0


def is_script(benchmark: Any) -> bool:
    """Say whether ASV would run a benchmark's result as a program of its own."""
    return type(benchmark).__name__ == "TimerawBenchmark"
