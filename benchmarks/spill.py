"""What a recording that keeps everything costs: time and memory of program and collector, size of the box.

    python benchmarks/spill.py [MILLIONS OF EVENTS] [ROUNDS]

Runs the same program alone, recorded into rings and recorded with a collector, in turn, and prints medians. While
it is recorded, the resident memory of program and collector is read ten times a second.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = """
import random, sys, time
numbers = random.Random(1).choices(range(12), k=4096)

def leaf(n):
    return n

def branch(n):
    for i in range(n):
        leaf(i)

n_left = int(sys.argv[1])
began = time.perf_counter()
while n_left > 0:
    for n in numbers:
        branch(n)
    n_left -= 2 * (len(numbers) + sum(numbers))
print(time.perf_counter() - began, flush=True)
"""
MODES = {"alone": None, "rings": (), "collector": ("--spill",)}


@dataclass
class Memory:
    """Resident bytes of processes, over time."""

    folder: Path
    samples: dict[str, list[int]] = field(default_factory=lambda: {"program": [], "collector": []})
    is_over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.is_over.wait(0.1):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError, ValueError):
                    words = path.read_bytes()
                    is_collector = b"collect(**words)" in words and str(self.folder).encode() in words
                    if is_collector or str(self.folder / "program.py").encode() in words:
                        name = "collector" if is_collector else "program"
                        resident = int((path.parent / "statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
                        self.samples[name].append(resident)

    def describe(self) -> dict[str, dict[str, float]]:
        """Give the median of the first and of the last third, and the most, in MB."""
        report = {}
        for name, samples in self.samples.items():
            third = len(samples) // 3
            if third:
                figures = {
                    "first third": statistics.median(samples[third // 2 : third]),
                    "last third": statistics.median(samples[-third:]),
                    "most": max(samples),
                }
                report[name] = {key: round(value / 1e6, 1) for key, value in figures.items()}
        return report


def run(mode: str, folder: Path, n_events: int) -> dict[str, object]:
    program = [str(folder / "program.py"), str(n_events)]
    box = folder / "box.cbx"
    command = [sys.executable, *program]
    options = MODES[mode]
    if options is not None:
        own = ["-q", "--include", "__main__", "-o", str(box), *options]
        command = [sys.executable, "-m", "callbox", "run", *own, "--", *program]
    memory = Memory(folder)
    watcher = threading.Thread(target=memory.watch)
    watcher.start()
    began = time.perf_counter()
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    whole_s = time.perf_counter() - began
    memory.is_over.set()
    watcher.join()
    report: dict[str, object] = {"mode": mode, "loop_s": float(result.stdout), "whole_s": whole_s}
    if options is not None:
        report |= {"memory_mb": memory.describe(), "box_bytes": box.stat().st_size, "stderr": result.stderr}
    return report


def main(n_millions: str = "100", n_rounds: str = "3") -> None:
    n_events = int(float(n_millions) * 1e6)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
        reports = [run(mode, folder, n_events) for _ in range(int(n_rounds)) for mode in MODES]
    for report in reports:
        print(json.dumps(report))
    alone_s = statistics.median(float(str(r["loop_s"])) for r in reports if r["mode"] == "alone")
    for mode in MODES:
        loop_s = statistics.median(float(str(r["loop_s"])) for r in reports if r["mode"] == mode)
        added_ns = (loop_s - alone_s) / n_events * 1e9
        print(f"{mode:10} {loop_s:7.2f} s  {loop_s / alone_s:5.2f}x  {added_ns:5.1f} ns added per event")


if __name__ == "__main__":
    main(*sys.argv[1:])
