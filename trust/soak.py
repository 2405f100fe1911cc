"""A program that calls without pause, in threads, tasks and forked children, recorded for as long as is asked.

    python trust/soak.py [SECONDS] [OPTION OF callbox run]...

Ten times a second the script reads what the program's process holds: memory of its own, pages of mapped files, file
descriptors and threads; and what the recording takes of the disk. Of each it prints the median of each tenth of the
time, and the most, with its moment: that may come when the program is over, as the box is written. In the last
tenth memory of its own may be 2 % over the most of the first six, descriptors and threads not at all. Files grow until
1,024 threads have ended, and by those of each child. Exit code: 0 if it is so, and the recording is whole.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from callbox.recording import open_recording

PROGRAM = """
import asyncio, os, sys, threading, time
from callbox import FunctionTracer

deadline = time.monotonic() + float(sys.argv[1])
n_calls = 0

class Item:
    def __init__(self, number):
        self.number, self.label = number, str(number)
    def weigh(self, *factors, scale=1.0):
        if self.number % 50 == 0:
            raise ValueError(self.label)
        return sum(factors) * scale

def numbers(limit):
    for number in range(limit):
        yield Item(number)

def work(n_items):
    total = 0.0
    for item in numbers(n_items):
        try:
            total += item.weigh(1, 2.5, scale=len(item.label))
        except ValueError as error:
            total += len(error.args)
    return total

async def step(number):
    await asyncio.sleep(0)
    return work(number)

async def gather():
    return sum(await asyncio.gather(*(step(10) for _ in range(20))))

def crowd():
    while time.monotonic() < deadline:
        work(1000)

steady = threading.Thread(target=crowd)
steady.start()
n_rounds = n_threads = n_children = n_tracers = 0
next_child = next_tracer = 0.0
while (now := time.monotonic()) < deadline:
    n_rounds += 1
    asyncio.run(gather())
    threads = [threading.Thread(target=work, args=(200,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    n_threads += 4
    if now >= next_tracer:
        next_tracer = now + 1
        n_tracers += 1
        with FunctionTracer(max_events=1 << 14) as tracer:
            work(100)
        assert tracer.get_metrics()
        tracer.clear()
    if now >= next_child:
        next_child = now + 2
        n_children += 1
        child = os.fork()
        if child == 0:
            work(100)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
steady.join()
print(n_rounds, n_threads, n_children, n_tracers)
"""
PERIOD_S = 0.1
NAMES = ("own memory, KiB", "mapped files, KiB", "descriptors", "threads", "on disk, KiB")
BOUNDED = {"own memory, KiB": 1.02, "descriptors": 1.0, "threads": 1.0}
"""How many times the most of the first six tenths may be there in the last."""
Sample = tuple[int, ...]


def look(process_id: int, parts: Path) -> Sample:
    """Read what a process holds now."""
    proc = Path("/proc", str(process_id))
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    own, mapped = (int(status[name].split()[0]) for name in ("RssAnon", "RssFile"))
    n_blocks = 0
    for path in parts.glob("*"):
        with suppress(FileNotFoundError):
            n_blocks += path.stat().st_blocks
    return own, mapped, len(list((proc / "fd").iterdir())), int(status["Threads"]), n_blocks // 2


def main(seconds: str = "1200", *options: str) -> int:
    """Record the program, watch it, and say what grew."""
    samples: list[Sample] = []
    moments: list[float] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        own = ["-q", "-i", "__main__", "-i", "asyncio.*", "-i", "threading", *options]
        command = [sys.executable, "-m", "callbox", "run", *own, "--", "-c", PROGRAM, seconds]
        with subprocess.Popen(command, cwd=name, stdout=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                time.sleep(PERIOD_S)
                with suppress(FileNotFoundError, ProcessLookupError, KeyError):
                    samples.append(look(process.pid, Path(name, "callbox.cbx.parts")))
                    moments.append(time.monotonic() - began)
            assert process.stdout is not None
            counts = process.stdout.read().split()
        recording = open_recording(Path(name, "callbox.cbx"))
        # By their threads, one each: in twenty minutes process ids come back.
        n_children = sum(thread.process_id != recording.header.process_id for thread in recording.threads)
    n_events = recording.n_events + recording.dropped
    print(f"{n_events:,} events in {recording.duration_ns / 1e9:.0f} s, {n_events / recording.duration_ns * 1e3:.2f} "
          f"million a second, by engine {recording.header.engine}, mode {recording.header.mode}")  # fmt: skip
    print("rounds {}, threads {}, children {}, tracers of its own {}".format(*counts))
    is_flat = print_growth(samples, moments, float(seconds))
    is_whole = process.returncode == 0 and not recording.damage and n_children == int(counts[2])
    print(f"exit code {process.returncode}, {n_children} children recorded, damage: {recording.damage or 'none'}")
    return 0 if is_flat and is_whole else 1


def print_growth(samples: list[Sample], moments: list[float], end_s: float) -> bool:
    """Print the medians of tenths, and the most; say whether nothing grew that must not."""
    tenth = max(1, sum(moment <= end_s for moment in moments) // 10)
    is_flat = True
    for name, column in zip(NAMES, zip(*samples, strict=True), strict=True):
        medians = [statistics.median(column[i * tenth : (i + 1) * tenth]) for i in range(10)]
        most = max(column)
        of_tenths = " ".join(f"{median:9,.0f}" for median in medians)
        print(f"{name:18} {of_tenths}   most {most:,}, at {moments[column.index(most)]:.1f} s")
        is_flat &= name not in BOUNDED or medians[-1] <= max(medians[:6]) * BOUNDED[name]
    return is_flat


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
