"""Damage recordings of a real program, thousands of times, and read them: each time there is an answer.

Usage: recordings.py [ROUNDS] [SEED]. Each round must end within ten seconds.
"""

from __future__ import annotations

import faulthandler
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.damage import Answers, fuzz_box, fuzz_parts

PROGRAM = """
import asyncio, os, sys, threading

def work(n, *rest, **more):
    if n == 3:
        raise ValueError("three")
    return {"n": n, "text": "x" * n, "rest": rest}

def numbers(n):
    for i in range(n):
        try:
            yield work(i, [i], key=str(i))
        except ValueError:
            yield None

async def main():
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))

for _ in range(30):
    list(numbers(5))
asyncio.run(main())
thread = threading.Thread(target=lambda: list(numbers(9)))
thread.start()
thread.join()
if len(sys.argv) > 1:
    os._exit(1)
"""
ROUND_S = 10
CHUNK = 100


def record(folder: Path, *options: str, is_killed: bool = False) -> None:
    """Record the program into `box.cbx`."""
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = ["-m", "callbox", "run", "-q", "--include", "__main__", "--mode", "trace", "-o", "box.cbx", *options]
    program = ["--", "program.py", *(["killed"] if is_killed else [])]
    subprocess.run([sys.executable, *command, *program], cwd=folder, check=False, capture_output=True)


def main(n_rounds: str = "5000", seed: str = "0") -> int:
    """Damage recordings of each kind so often, and say what became of them."""
    started = time.monotonic()
    names = ("written at the end", "written by a collector", "left in parts")
    totals = {name: Answers() for name in names}
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, str(i)) for i in range(3)]
        for folder in folders:
            folder.mkdir()
        record(folders[0])
        record(folders[1], "--spill")
        record(folders[2], "--max-events", "512", is_killed=True)
        for first in range(0, int(n_rounds), CHUNK):
            faulthandler.dump_traceback_later(ROUND_S * CHUNK, exit=True)
            at = int(seed) + first
            for kind, folder in zip(names[:2], folders, strict=False):
                add(totals[kind], fuzz_box(folder / "box.cbx", Path(name, "damaged.cbx"), CHUNK, at))
            add(totals[names[2]], fuzz_parts(folders[2], Path(name, "damaged"), CHUNK, at))
    for kind, answers in totals.items():
        print(f"{kind}: {answers.n} read, {answers.n_partial} in part, {answers.n_refused} refused, "
              f"{answers.n_whole} whole, {len(answers.whole_but_different)} wrongly")  # fmt: skip
    print(f"{time.monotonic() - started:.0f} s")
    return int(any(answers.whole_but_different for answers in totals.values()))


def add(total: Answers, more: Answers) -> None:
    """Add answers to others."""
    total.n_whole += more.n_whole
    total.n_partial += more.n_partial
    total.n_refused += more.n_refused
    total.whole_but_different += more.whole_but_different


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
