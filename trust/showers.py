"""Signals that arrive as often as can be while a program is recorded, collected and written: nothing may notice."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from trust.fault_suites import ENGINES, Attempt

from callbox.recording import open_recording

PROGRAM = """
import os, signal, threading
n = 0
def on_signal(number, frame):
    global n
    n += 1
signal.signal(signal.SIGWINCH, on_signal)
signal.siginterrupt(signal.SIGWINCH, True)
print(flush=True)
def work(k): return k
total = 0
for k in range(100_000): total += work(k)
thread = threading.Thread(target=lambda: [work(k) for k in range(10_000)])
thread.start()
thread.join()
for _ in range(5):
    child = os.fork()
    if child == 0:
        for k in range(1000): work(k)
        os._exit(0)
    os.waitpid(child, 0)
with open("file", "wb") as file: file.write(bytes(1 << 20))
signal.signal(signal.SIGWINCH, signal.SIG_IGN)
print(total, n, os.path.getsize("file"))
"""
N_CALLS = 100_000 + 10_000 + 5 * 1000
PAUSE_S = 0.0002
KINDS = {"rings": (), "rings, values": ("--mode", "trace"), "collector": ("--spill",)}


def of_signals(every: int) -> Iterator[Attempt]:
    """Record under a shower, three times each."""
    for engine in ENGINES:
        for name, options in KINDS.items():
            for _ in range(0, 3, every):
                yield f"{engine}, {name}", partial(record_in_shower, engine, options)


def record_in_shower(engine: str, options: tuple[str, ...]) -> str:
    """Record a program that counts the signals it gets; they go on until it has ended."""
    with tempfile.TemporaryDirectory() as name:
        own = ["-q", "-i", "__main__", "--engine", engine, "--max-events", str(1 << 21), *options]
        command = [sys.executable, "-m", "callbox", "run", *own, "--", "-c", PROGRAM]
        with subprocess.Popen(command, cwd=name, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            shower = threading.Thread(target=pour, args=(process,))
            shower.start()
            output, errors = process.stdout.read(), process.stderr.read()
            code = process.wait()
            shower.join()
        if code != 0 or errors:
            return f"died: exit code {code}: {errors.decode()[-1000:]}"
        total, n_signals, size = (int(word) for word in output.split())
        if (total, size) != (sum(range(100_000)), 1 << 20) or n_signals < 10:
            return f"changed: {total}, {size}, {n_signals} signals"
        return examine(Path(name), n_signals)


def pour(process: subprocess.Popen[bytes]) -> None:
    """Send signals until the process is gone."""
    while process.poll() is None:
        process.send_signal(signal.SIGWINCH)
        time.sleep(PAUSE_S)


def examine(folder: Path, n_signals: int) -> str:
    """Count the calls in the box."""
    recording = open_recording(folder / "callbox.cbx")
    names = Counter(recording.functions[code].name for code in recording.tree.calls["code"].tolist())
    n_calls, n_handled = names["work"], names["on_signal"]
    if recording.damage or recording.dropped or n_calls != N_CALLS or n_handled != n_signals:
        return f"silent: {n_calls} calls of {N_CALLS}, {n_handled} handlers of {n_signals}, {recording.damage}"
    return "whole"
