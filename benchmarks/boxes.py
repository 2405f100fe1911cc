"""Measure what is done with boxes: exports by format, queries, differences of two, statistics of ten million events.

    python benchmarks/boxes.py

Recordings are synthetic. Times are CPU time of a process of its own, the median of several: what else runs on the
machine is no cost of an export.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from racing.machine import describe_machine
from racing.report import aligned

FORMATS = ("perfetto", "chrome", "speedscope", "folded", "pstats", "dot", "csv", "parquet")
SQL = "select function, count(*), sum(self_ns) from calls group by all order by 3 desc limit 10"
MAX_ALIGN_S = 1.0
MAX_STATS_S = 2.0
_N_ALIGNED = 100_000


def write_box(path: Path, n_events: int) -> None:
    """Write a box of synthetic events in four threads."""
    from suite.synthetic import build_capture

    from callbox.recording.write import write_box

    write_box(build_capture(n_events, 4), path)


def random_forest(n: int, seed: int, left_out: float) -> Any:
    """Make a random tree of calls, from which some calls were left out."""
    import numpy as np

    from callbox.tracing.forest import Forest

    shape, edits = random.Random(1), random.Random(seed)
    parents, labels, stack = [-1], [0], [0]
    while len(parents) < n:
        if shape.random() < 0.5 and len(stack) < 30:
            label = shape.randrange(300)
            is_kept = edits.random() >= left_out
            stack.append(len(parents) if is_kept else stack[-1])
            if is_kept:
                parents.append(stack[-2])
                labels.append(label)
        elif len(stack) > 1:
            stack.pop()
    return Forest(np.array(parents, np.int32), np.array(labels, np.int64))


def align_trees(left_out: float) -> dict[str, float]:
    """Align two trees; return seconds of CPU and calls that found no partner."""
    from callbox.tracing.align import align

    before, after = random_forest(_N_ALIGNED, 1, 0.0), random_forest(_N_ALIGNED, 2, left_out)
    began = time.process_time()
    found = align(before, after)
    seconds = time.process_time() - began
    return {"seconds": seconds, "unpaired": int((found.partners_a < 0).sum() + (found.partners_b < 0).sum())}


def run_command(*words: str) -> tuple[float, float]:
    """Run a callbox command; return seconds of CPU and peak GiB."""
    process = subprocess.Popen(
        [sys.executable, "-m", "callbox", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"callbox {' '.join(words)} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 2**30


def measure(rounds: int, run: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    """Repeat; return the median seconds and the largest peak."""
    times, peaks = zip(*(run() for _ in range(rounds)), strict=True)
    return statistics.median(times), max(peaks)


def size_of(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def measure_exports(folder: Path, n_events: int, rounds: int) -> list[list[str]]:
    """Measure each format and a query; the time to read the box is part of each."""
    box = folder / "export.cbx"
    subprocess.run([sys.executable, __file__, "--write", str(box), "--events", str(n_events)], check=True)
    n_calls = count_calls(box)
    rows = [["", "CPU", "calls per second", "bytes per call", "peak"]]
    for form in FORMATS:
        out = folder / f"out.{form}"
        words = ("export", str(box), "--to", form, "-o", str(out))
        seconds, peak_gib = measure(rounds, lambda words=words: run_command(*words))
        rows.append(
            [
                form,
                f"{seconds:.2f} s",
                f"{n_calls / seconds:,.0f}",
                f"{size_of(out) / n_calls:.1f}",
                f"{peak_gib:.2f} GiB",
            ]
        )
    seconds, peak_gib = measure(rounds, lambda: run_command("query", str(box), SQL))
    rows.append(["query", f"{seconds:.2f} s", f"{n_calls / seconds:,.0f}", "", f"{peak_gib:.2f} GiB"])
    return rows


def count_calls(box: Path) -> int:
    code = "import sys; from callbox import open_recording; print(len(open_recording(sys.argv[1]).tree.calls))"
    return int(
        subprocess.run([sys.executable, "-c", code, str(box)], check=True, capture_output=True, text=True).stdout
    )


def verdict(name: str, seconds: float, limit_s: float) -> str:
    return f"{name}: {seconds:.2f} s of {limit_s:.1f} s: {'reached' if seconds <= limit_s else 'missed'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000, help="of the box to export (default %(default)s)")
    parser.add_argument(
        "--stats-events", type=int, default=10_000_000, help="of the box for stats (default %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--align", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_box(options.write, options.events)
        return 0
    if options.align is not None:
        print(json.dumps(align_trees(options.align)))
        return 0
    lines = [f"{key}: {value}" for key, value in describe_machine().items()]
    with tempfile.TemporaryDirectory() as name:
        lines += ["", *aligned(measure_exports(Path(name), options.events, options.rounds)), ""]
        for left_out in (0.0, 0.01, 0.2):
            runs = [run_self("--align", str(left_out)) for _ in range(options.rounds)]
            seconds = statistics.median(run["seconds"] for run in runs)
            what = f"two trees of {_N_ALIGNED:,} calls, {left_out:.0%} left out, {int(runs[0]['unpaired']):,} unpaired"
            lines.append(verdict(what, seconds, MAX_ALIGN_S))
        box = Path(name, "stats.cbx")
        subprocess.run(
            [sys.executable, __file__, "--write", str(box), "--events", str(options.stats_events)], check=True
        )
        seconds, peak_gib = measure(options.rounds, lambda: run_command("stats", str(box)))
        lines.append(verdict(f"stats of {options.stats_events:,} events, {peak_gib:.2f} GiB", seconds, MAX_STATS_S))
    print("\n".join(lines))
    return 0


def run_self(*words: str) -> dict[str, float]:
    run = subprocess.run([sys.executable, __file__, *words], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(run.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
