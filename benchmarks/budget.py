"""What recording costs with an overhead budget and without one, on the race's programs.

    python benchmarks/budget.py
    python benchmarks/budget.py --budget 0.2 --workloads 'json,fib'

A program runs for some time plain and for some time recorded, by turns; the table holds
the ratio of the times of one run, the median over the rounds with the least and the
greatest. Time is CPU time of the thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from race import select_names
from racing.machine import describe_machine
from racing.report import aligned
from racing.workloads import WORKLOADS

from callbox.engine.choice import new_recorder
from callbox.engine.options import Options

_MODES = ("profile", "trace")


def time_runs(work: Callable[[], object], seconds: float) -> float:
    """Run for so long; return the seconds that one run takes."""
    n_runs = 0
    began = time.thread_time()
    while (elapsed := time.thread_time() - began) < seconds or n_runs == 0:
        work()
        n_runs += 1
    return elapsed / n_runs


def measure(work: Callable[[], object], options: Options, n_rounds: int, seconds: float) -> list[float]:
    """Return the ratios of the recorded to the plain time."""
    recorder = new_recorder(options)
    ratios = []
    for _ in range(n_rounds):
        plain = time_runs(work, seconds)
        recorder.start()
        try:
            recorded = time_runs(work, 2 * seconds)
        finally:
            recorder.stop()
        ratios.append(recorded / plain)
    return ratios


def describe(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f}x  {min(ratios):.2f}-{max(ratios):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=float, default=0.05)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--workloads", default="*", help="names or globs, separated by commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="of one plain run; a recorded one takes twice that")
    options = parser.parse_args()
    try:
        names = select_names(options.workloads, [workload.name for workload in WORKLOADS])
    except ValueError as error:
        parser.error(str(error))
    print("\n".join(f"{key}: {value}" for key, value in describe_machine().items()), end="\n\n")
    rows = [["recorded / plain", *(f"{mode}{limit}" for mode in _MODES for limit in ("", f", {options.budget:.0%}"))]]
    for workload in (workload for workload in WORKLOADS if workload.name in names):
        work = workload.prepare()
        cells = [
            describe(
                measure(
                    work,
                    Options(engine=options.engine, mode=mode, max_events=1 << 16, overhead_budget=budget),
                    options.rounds,
                    options.seconds,
                )
            )
            for mode in _MODES
            for budget in (None, options.budget)
        ]
        rows.append([workload.name, *cells])
    print(*aligned(rows), sep="\n")


if __name__ == "__main__":
    main()
