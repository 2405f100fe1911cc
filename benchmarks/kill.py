"""What a recording holds of a program that SIGKILL ends at a random moment.

    python benchmarks/kill.py [ROUNDS] [SEED]

The program calls a function without end, and after every tenth call writes to a mapped file of its own how many there
have been and when. After the kill, the recording must hold every call that was made more than a millisecond before, and
the script says how many it lacks of all that the file tells. Kinds of recordings take turns.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from callbox.recording import open_recording

PROGRAM = """
import mmap, struct, sys, time
def work(): pass
with open(sys.argv[1], "r+b") as file:
    log = mmap.mmap(file.fileno(), 0)
pack, now, size, n = struct.Struct("<QQ").pack_into, time.monotonic_ns, len(log), 0
print(flush=True)
while True:
    for _ in range(10):
        work()
    n += 10
    pack(log, 16 * (n // 10) % size, n, now())
"""
KINDS = {
    "rings": (),
    "rings, setprofile": ("--engine", "setprofile"),
    "rings, values": ("--mode", "trace"),
    "collector": ("--spill",),
}
LOG_BYTES = 1 << 20
OLD_NS = 1_000_000
MAX_WAIT_S = 60


def run(folder: Path, options: tuple[str, ...], wait_s: float) -> tuple[int, int, int]:
    """Run the program and kill it; return how many calls were made a millisecond before, in all, and recorded."""
    log = folder / "log"
    log.write_bytes(bytes(LOG_BYTES))
    command = [sys.executable, "-m", "callbox", "run", "-q", "--include", "__main__", "-o", "box.cbx"]
    program = ["--max-events", str(1 << 25), *options, "--", "program.py", str(log)]
    with subprocess.Popen([*command, *program], cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait_s)
        killed_ns = time.monotonic_ns()
        process.send_signal(signal.SIGKILL)
    entries = np.frombuffer(log.read_bytes(), np.dtype([("n", "<u8"), ("t_ns", "<u8")]))
    old = entries["n"][entries["t_ns"] < killed_ns - OLD_NS]
    if "--spill" in options:
        wait_for_collector(folder / "box.cbx.parts")
    recording = open_recording(folder / "box.cbx")
    n_recorded = int((recording.tree.calls["depth"] == 1).sum())
    assert recording.dropped == 0, "the ring went round: kill earlier"
    assert not recording.damage, recording.damage
    return int(old.max(initial=0)), int(entries["n"].max()), n_recorded


def wait_for_collector(parts: Path) -> None:
    deadline_s = time.monotonic() + MAX_WAIT_S
    while parts.exists():
        assert time.monotonic() < deadline_s, "the collector does not finish"
        time.sleep(0.005)


def main(n_rounds: str = "1000", seed: str = "1") -> None:
    moments = random.Random(seed)
    n_lacking: Counter[str] = Counter()
    n_old_lacking: Counter[str] = Counter()
    n_of: Counter[str] = Counter()
    n_calls = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
        for number in range(int(n_rounds)):
            kind = list(KINDS)[number % len(KINDS)]
            n_old, n_all, n_recorded = run(folder, KINDS[kind], moments.uniform(0, 0.1))
            n_of[kind] += 1
            n_calls += n_all
            n_lacking[kind] += max(0, n_all - n_recorded)
            n_old_lacking[kind] += max(0, n_old - n_recorded)
    print(f"{n_rounds} kills, {n_calls:,} calls")
    for kind in KINDS:
        print(f"{kind:18} {n_of[kind]:5} kills, lacking {n_old_lacking[kind]} old calls, {n_lacking[kind]} of all")


if __name__ == "__main__":
    main(*sys.argv[1:])
