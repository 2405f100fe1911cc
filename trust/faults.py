"""What fails beneath a recording, call by call: memory, disk, interruptions. The program must not feel it.

    python trust/faults.py [--every N] [SUITE...]

| suite | lets fail |
|---|---|
| memory | the n-th allocation of the core, for every n, and all from the n-th on |
| files | the n-th call that the core makes to write files: full disk, interrupted, half done; and all from there on |
| python | the n-th allocation of Python itself while a program is recorded, for every n |
| box | the n-th call to write the box, from wherever it comes |
| signals | nothing, but a signal arrives as often as can be, while recording, collecting and writing the box |

Each attempt is a process of its own, forked. The program's result must be the right one, and the recording whole, or
refused, or such that it says what it lacks. Exit code: 0 if all were. Needs Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

KEPT = 5
"""A recorder keeps a tuple for each function of the program: so many more that the program asks memory for."""

SHIM = "failing.so"
"""What `failing.c` becomes; its presence in LD_PRELOAD tells that this process has begun anew with it."""


def attempts(suite: str, every: int) -> Iterator[tuple[str, Callable[[], str]]]:
    """Name the attempts of a suite, and how to make each. Not imported before the shim is there."""
    from trust import fault_suites, showers

    module = showers if suite == "signals" else fault_suites
    yield from getattr(module, f"of_{suite}")(every)


def run_suite(suite: str, every: int) -> list[str]:
    """Make every attempt, print how they ended; return what must not be."""
    from trust.faulting import FINDINGS

    began = time.monotonic()
    findings = []
    n_felt: dict[str, int] = {}
    for name, group in itertools.groupby(attempts(suite, every), key=lambda pair: pair[0]):
        counts: Counter[str] = Counter()
        for _, attempt in group:
            kind, _, detail = attempt().partition(": ")
            counts[kind] += 1
            if kind in FINDINGS:
                findings.append(f"{suite}, {name}: {kind}: {detail}")
        shown = ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
        n_felt[name] = counts["felt"]
        most = n_felt.get(f"alone, {name.partition(',')[0]}", 0)
        if counts["felt"] > most + KEPT and not name.startswith("alone"):
            findings.append(f"{suite}, {name}: felt {counts['felt']} times, and {most} times with an empty hook")
        print(f"{suite:8} {name:70} {counts.total():6} attempts: {shown}", flush=True)
    print(f"{suite:8} {time.monotonic() - began:.0f} s, {len(findings)} findings", flush=True)
    return findings


def begin_anew() -> None:
    """Become this script again with the shim in place of libc's functions."""
    with tempfile.TemporaryDirectory() as folder:
        shim = Path(folder, SHIM)
        compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
        source = str(Path(__file__).with_name("failing.c"))
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(shim), source, "-ldl"], check=True)
        environ = {**os.environ, "LD_PRELOAD": str(shim), "PYTHONHASHSEED": "0"}
        sys.exit(subprocess.run([sys.executable, *sys.argv], env=environ, check=False).returncode)


def main() -> int:
    """Make the attempts of all suites, or of those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    suites = ("memory", "files", "python", "box", "signals")
    parser.add_argument("--every", type=int, default=1, help="only every N-th n")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(suites)}; all unless named")
    options = parser.parse_args()
    if unknown := set(options.suites) - set(suites):
        parser.error(f"there is no suite {', '.join(unknown)}: choose of {', '.join(suites)}")
    if SHIM not in os.environ.get("LD_PRELOAD", ""):
        begin_anew()
    findings = [finding for suite in options.suites or suites for finding in run_suite(suite, options.every)]
    print("\n".join(findings) or "no findings")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
