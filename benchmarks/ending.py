"""What memory the end of a recorded program takes, when its last exit handler merges the parts into the box.

    python benchmarks/ending.py [PROCESSES] [THREADS OF EACH]

Each thread fills a ring with calls and their values, 24 MiB. Memory is read every two milliseconds from
`/proc/PID/status`: the most while the program ran, and the most after its last statement.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PROGRAM = """
import os, sys, threading
n_processes, n_threads = map(int, sys.argv[1:])

def leaf(text):
    return text

def fill():
    for i in range(350_000):
        leaf(f"the text of call {i}")

def work():
    threads = [threading.Thread(target=fill) for _ in range(n_threads - 1)]
    for thread in threads:
        thread.start()
    fill()
    for thread in threads:
        thread.join()

for _ in range(n_processes - 1):
    child = os.fork()
    if child == 0:
        work()
        sys.exit()
    os.waitpid(child, 0)
work()
print("over", flush=True)
"""
FIELDS = ("VmRSS", "RssAnon", "RssFile")


def read_memory(process_id: int) -> dict[str, float]:
    """Read what a process holds, in MiB; nothing once it has ended."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    words = [line.split() for line in lines]
    return {word[0][:-1]: round(int(word[1]) / 1024, 1) for word in words if word[0][:-1] in FIELDS}


def main(n_processes: str = "3", n_threads: str = "2") -> None:
    """Record the program, and print what it held before its end and since."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
        own = ["--mode", "trace", "--include", "__main__", "-o", str(folder / "box.cbx")]
        command = [sys.executable, "-m", "callbox", "run", *own, "--", str(folder / "program.py")]
        program = subprocess.Popen([*command, n_processes, n_threads], stdout=subprocess.PIPE)
        assert program.stdout is not None
        is_over = threading.Event()
        threading.Thread(target=lambda: (program.stdout.readline(), is_over.set()), daemon=True).start()
        most: dict[str, dict[str, float]] = {"running": {}, "ending": {}}
        parts_mib = 0.0
        began_s = time.perf_counter()
        while program.poll() is None:
            phase = "ending" if is_over.is_set() else "running"
            if phase == "ending" and not most["ending"]:
                began_s = time.perf_counter()
                files = (folder / "box.cbx.parts").glob("*.ring")
                parts_mib = sum(file.stat().st_blocks * 512 for file in files) / 2**20
            for key, value in read_memory(program.pid).items():
                most[phase][key] = max(value, most[phase].get(key, 0))
            time.sleep(0.002)
        report = {"parts_mib": round(parts_mib, 1), "ending_s": round(time.perf_counter() - began_s, 2)}
        print(json.dumps(report | most | {"box_bytes": (folder / "box.cbx").stat().st_size}))
        sys.exit(program.returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
