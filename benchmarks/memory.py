"""Measure what recording takes in memory and on disk: bytes per event and call, and RSS over a long run.

python benchmarks/memory.py
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from racing.machine import describe_machine
from racing.report import aligned
from racing.workloads import WORKLOADS, count_calls

from callbox.engine.choice import ORACLE, engine_names, new_recorder
from callbox.engine.options import Options
from callbox.model import Capture
from callbox.recording.recording import Recording
from callbox.recording.write import write_box

_STATM = Path("/proc/self/statm")
_PAGE_KIB = 4
_N_REPORTS = 5
_MIN_CALLS = 1000
"""With fewer, the function table is most of a box."""
_LARGE_RING = 1 << 22
"""Holds every slot of one run of any workload."""


def rss_kib() -> int:
    """Return the resident memory of this process now, in KiB."""
    return int(_STATM.read_text().split()[1]) * _PAGE_KIB


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one run took: slots of 8 bytes in the ring, and a box."""

    workload: str
    n_events: int
    n_calls: int
    ring_bytes: int
    box_bytes: int

    def row(self) -> list[str]:
        """Return the cells of a table."""
        return [
            self.workload,
            f"{self.n_events:,}",
            f"{self.n_calls:,}",
            f"{self.ring_bytes / self.n_events:.2f}",
            f"{self.box_bytes / self.n_calls:.2f}",
        ]


def record(work: Callable[[], object], options: Options) -> Capture:
    """Record one run."""
    recorder = new_recorder(options)
    recorder.start()
    try:
        work()
    finally:
        recorder.stop()
    return recorder.capture()


def measure_footprint(workload: str, capture: Capture, folder: Path) -> Footprint:
    """Measure a capture in its ring and in a box."""
    recording = Recording(capture)
    path = folder / "run.cbx"
    write_box(capture, path)
    ring_bytes = sum(memoryview(segment).nbytes for thread in capture.threads for segment in thread.segments)
    return Footprint(workload, recording.n_events, len(recording.tree.calls), ring_bytes, path.stat().st_size)


def footprint_rows(engine: str, *, c_calls: bool) -> Iterator[list[str]]:
    """Record every workload once and yield its footprint."""
    with tempfile.TemporaryDirectory() as folder:
        for workload in WORKLOADS:
            options = Options(engine=engine, c_calls=c_calls, max_events=_LARGE_RING)
            capture = record(workload.prepare(), options)
            footprint = measure_footprint(workload.name, capture, Path(folder))
            if footprint.n_calls >= _MIN_CALLS:
                yield footprint.row()


def watch_rss(engine: str, n_events: int) -> list[list[str]]:
    """Record fib until so many events went through the ring; return events and RSS along the way."""
    work = WORKLOADS[0].prepare()
    n_in_run = 2 * count_calls(work).python
    n_runs = -(-n_events // n_in_run)
    recorder = new_recorder(Options(engine=engine))
    before_kib = rss_kib()
    rows = [["0", f"{before_kib / 1024:.1f}", "+0.0"]]
    recorder.start()
    try:
        for run in range(1, n_runs + 1):
            work()
            if run in (2, n_runs) or run % max(n_runs // _N_REPORTS, 1) == 0:  # after two runs the ring is full
                now_kib = rss_kib()
                rows.append([f"{run * n_in_run:,}", f"{now_kib / 1024:.1f}", f"{(now_kib - before_kib) / 1024:+.1f}"])
    finally:
        recorder.stop()
    n_recorded = sum(thread.n_events for thread in recorder.capture().threads)
    rows.append([f"recorded: {n_recorded:,}", "", ""])
    return rows


def _engines(wanted: str | None) -> Sequence[str]:
    return [wanted] if wanted else [name for name in engine_names() if name != ORACLE]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000_000, help="of the long run (default %(default)s)")
    parser.add_argument("--engine", help="default: every engine of this Python")
    options = parser.parse_args()
    print("\n".join(f"{key}: {value}" for key, value in describe_machine().items()))
    header = ["", "events", "calls", "ring bytes/event", "box bytes/call"]
    engines = _engines(options.engine)
    for engine in engines:
        rows = watch_rss(engine, options.events)
        print(f"\nlong run, {engine}", *aligned([["events", "RSS MiB", "since start"], *rows]), sep="\n")
    print("\none run, Python calls", *aligned([header, *footprint_rows(engines[0], c_calls=False)]), sep="\n")
    print("\none run, Python and C calls", *aligned([header, *footprint_rows(engines[0], c_calls=True)]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
