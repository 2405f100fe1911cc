"""Memory of a process that fails again and again: resident bytes after so many captured failures.

    python benchmarks/failures_memory.py [--failures 1000000]

Every failure is captured with its locals, kept by the extractor and given to a store: no rate bounds them. They are
of 50 kinds, with values that differ each time.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callbox.failures import FailureExtractor
from callbox.failures.catch import Catcher, problems
from callbox.failures.decorator import decorate
from callbox.failures.history import History
from callbox.failures.options import CaptureOptions
from callbox.failures.spool import Spool

N_KINDS = 50


def make_functions() -> list[Callable[[int], Any]]:
    """Return functions that fail each at a line of its own text."""
    catcher = Catcher(CaptureOptions(include_locals=True))
    names: dict[str, Any] = {}
    for kind in range(N_KINDS):
        source = (
            f"def fail_{kind}(n):\n    text, held = str(n) * 20, {{'n': n, 'kind': {kind}}}\n    return held[text]\n"
        )
        exec(compile(source, f"<kind {kind}>", "exec"), names)
    return [decorate(names[f"fail_{kind}"], catcher) for kind in range(N_KINDS)]


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--failures", type=int, default=1_000_000)
    options = parser.parse_args()
    looks = [n for power in range(3, 9) for n in (10**power, 3 * 10**power) if n < options.failures]
    functions = make_functions()
    print(
        f"CPython {platform.python_version()}\n\n| failures | resident MiB | CPU µs each |\n|---:|---:|---:|",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder) / "failures.db")
        FailureExtractor().use_store(Spool(history))
        started_s, n_done = time.process_time(), 0
        for n_until in (*looks, options.failures):
            for number in range(n_done, n_until):
                with contextlib.suppress(KeyError):
                    functions[number % N_KINDS](number)
            n_done = n_until
            gc.collect()
            cpu_us = (time.process_time() - started_s) / n_done * 1e6
            print(f"| {n_done:,} | {resident_mib():.1f} | {cpu_us:.0f} |", flush=True)
        FailureExtractor().flush()
        n_counted = sum(group.n for group in history.groups())
        FailureExtractor().use_store(None)
        history.close()
    print(f"\nthe store counts {n_counted:,}; captures that failed: {problems.n_errors}")


if __name__ == "__main__":
    main()
