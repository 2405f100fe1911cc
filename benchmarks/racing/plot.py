"""A race as a picture: what each contestant adds, on the worst case and on real programs."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from racing.results import RaceResult
from racing.workloads import PROGRAM

_OWN = "#c2410c"
_OTHER = "#64748b"


def _colour(contestant: str) -> str:
    return _OWN if contestant.startswith("callbox:") else _OTHER


def write_svg(result: RaceResult, path: Path) -> None:
    """Draw added time per call on fib beside the ratios on real programs, one line per contestant.

    Without matplotlib it says so and writes nothing.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        print("left out: the plot, matplotlib is not installed", file=sys.stderr)
        return
    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "callbox", "svg.fonttype": "none"})  # the same input gives the same file
    from matplotlib import pyplot, ticker

    def programs(contestant: str) -> list[float]:
        heats = result.heats_of(contestant, lambda workload: result.kinds[workload] == PROGRAM)
        return [heat.ratio.median for heat in heats]

    def added(contestant: str) -> float:
        heat = result.heat(contestant, "fib")
        return heat.added_ns_per_call.median if heat else 0.0

    names = sorted(result.contestants, key=added, reverse=True)
    colours = [_colour(name) for name in names]
    figure, (left, right) = pyplot.subplots(1, 2, sharey=True, figsize=(11, 1.2 + 0.3 * len(names)))
    left.barh(names, [added(name) for name in names], color=colours)
    left.set_xlabel("added ns per call, fib")
    for row, name in enumerate(names):
        ratios = programs(name)
        right.scatter(ratios, [row] * len(ratios), s=14, color=colours[row], alpha=0.5)
        if ratios:
            right.scatter([statistics.median(ratios)], [row], marker="|", s=220, color=colours[row])
    right.set_xscale("log")
    right.xaxis.set_major_formatter("{x:g}x")
    right.xaxis.set_minor_formatter(ticker.LogFormatter(labelOnlyBase=False, minor_thresholds=(1.5, 0.5)))
    right.axvline(1.0, color="black", linewidth=0.6)
    right.set_xlabel("time with / time without, real programs (bar: median)")
    for axes in (left, right):
        axes.grid(axis="x", linewidth=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"CPython {result.machine['python']}, {result.machine['cpu']}", fontsize=10)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
