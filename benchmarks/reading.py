"""Measure how long a person waits for ten million events: open, decode, fold, metrics with hotspots.

    python benchmarks/reading.py

A box of synthetic events is written by one process and read by fresh ones, so the
peak memory of a reader is a reader's alone.
"""

from __future__ import annotations

import argparse
import json
import resource
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

MAX_TOTAL_S = 2.0
MAX_PEAK_GIB = 1.5
_STEPS = ("open", "decode", "fold", "metrics", "total")
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def write_synthetic_box(path: Path, n_events: int, n_threads: int) -> None:
    """Write a box of synthetic events."""
    from suite.synthetic import build_capture

    from callbox.recording.write import write_box

    write_box(build_capture(n_events, n_threads), path)


def read_and_measure(path: Path) -> dict[str, float]:
    """Read a box step by step; return seconds by step, events, calls and peak GiB of this process."""
    from callbox.recording.read import open_recording
    from callbox.tracing.metrics import compute_metrics

    seconds: dict[str, float] = {}

    def timed(step: str, do: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = do()
        seconds[step] = time.perf_counter() - began
        return result

    recording = timed("open", lambda: open_recording(path))
    n_events = timed("decode", lambda: recording.n_events)
    tree = timed("fold", lambda: recording.tree)
    timed("metrics", lambda: compute_metrics(tree).hotspots)
    seconds["total"] = sum(seconds.values())
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT / 2**30
    return seconds | {"n_events": n_events, "n_calls": len(tree.calls), "peak_gib": peak_gib}


def _run_self(*arguments: str) -> str:
    return subprocess.run([sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def report(runs: list[dict[str, float]], box_bytes: int) -> list[str]:
    """Return a table of the runs and the verdict on the two limits."""
    rows = [["", "min", "median", "max"]]
    for step in _STEPS:
        values = sorted(run[step] for run in runs)
        rows.append([step, *(f"{value:.2f} s" for value in (values[0], statistics.median(values), values[-1]))])
    peaks = sorted(run["peak_gib"] for run in runs)
    rows.append(["peak RSS", *(f"{value:.2f} GiB" for value in (peaks[0], statistics.median(peaks), peaks[-1]))])
    total_s, peak_gib = statistics.median(run["total"] for run in runs), peaks[-1]
    n_calls = int(runs[0]["n_calls"])
    return [
        f"{int(runs[0]['n_events']):,} events, {n_calls:,} calls, {box_bytes / n_calls:.1f} bytes of box per call",
        *aligned(rows),
        f"total <= {MAX_TOTAL_S:.1f} s: {'reached' if total_s <= MAX_TOTAL_S else 'missed'}; "
        f"peak <= {MAX_PEAK_GIB:.1f} GiB: {'reached' if peak_gib <= MAX_PEAK_GIB else 'missed'}",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000_000, help="default %(default)s")
    parser.add_argument("--threads", type=int, default=4, help="default %(default)s")
    parser.add_argument("--runs", type=int, default=3, help="fresh processes (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_synthetic_box(options.write, options.events, options.threads)
        return 0
    if options.read:
        print(json.dumps(read_and_measure(options.read)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "synthetic.cbx")
        _run_self("--write", str(path), "--events", str(options.events), "--threads", str(options.threads))
        runs = [json.loads(_run_self("--read", str(path))) for _ in range(options.runs)]
        lines = report(runs, path.stat().st_size)
    machine = describe_machine()
    print("\n".join([*(f"{key}: {value}" for key, value in machine.items()), "", *lines]))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine, "runs": runs}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
