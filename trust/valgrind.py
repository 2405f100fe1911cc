"""Run C tests and marked tests under valgrind.

    python trust/valgrind.py FOLDER_OF_C_TESTS [ARG of pytest]...

The C tests must neither touch what is not theirs nor leave anything allocated. In a Python with malloc for all its
objects, the tests marked `valgrind` must not touch what is not theirs; what Python never frees is no finding.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

SUPPRESSIONS = Path(__file__).with_name("valgrind.supp")
VALGRIND = ("valgrind", "--quiet", "--error-exitcode=9", "--fair-sched=try", f"--suppressions={SUPPRESSIONS}")
LEFT_OUT = ("hammer_rings",)
"""It races for time, not for accesses: ThreadSanitizer has it."""


def is_clean(command: list[str], *options: str) -> bool:
    """Run a command under valgrind; say how it ended."""
    began = time.monotonic()
    environ = {**os.environ, "PYTHONMALLOC": "malloc"}
    code = subprocess.run([*VALGRIND, *options, *command], env=environ, check=False).returncode
    ending = "clean" if code == 0 else f"exit code {code}"
    print(f"{' '.join(command[-4:])}: {ending}, {time.monotonic() - began:.0f} s", flush=True)
    return code == 0


def main(folder: str, *arguments: str) -> int:
    """Run all, and return 1 if one has a finding."""
    programs = sorted(p for p in Path(folder).iterdir() if p.is_file() and os.access(p, os.X_OK))
    results = [
        is_clean([str(program)], "--leak-check=full", "--errors-for-leak-kinds=all")
        for program in programs
        if program.name not in LEFT_OUT
    ]
    marked = [sys.executable, "-m", "pytest", "-q", "-m", "valgrind", "-p", "no:cacheprovider"]
    results.append(is_clean([*marked, *(arguments or ("tests/leaks/test_references.py",))]))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
