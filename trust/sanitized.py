"""Run the tests with a core that was built with sanitizers.

    python trust/sanitized.py [ARG of pytest]...

AddressSanitizer must be there before Python is, so it is preloaded, into each process that a test starts too. It
reports by ending the process: a test that passes has nothing to report. Left out is what cannot run beneath it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SUPPRESSIONS = Path(__file__).with_name("asan.supp")
OPTIONS = ("detect_leaks=0", "abort_on_error=1", "handle_segv=0", "handle_sigbus=0", "handle_sigfpe=0")
"""Signals are left to the programs of the tests, some of which die of them."""
LEFT_OUT = {
    "tests/leaks": "address space is counted, of which the sanitizer takes terabytes",
    "tests/integration/view": "a browser is no program for the sanitizer",
}


def find_library(name: str) -> str:
    """Find a library of the compiler's. That of C++ comes with the sanitizer's, which wraps its exceptions."""
    found = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def main(*arguments: str) -> int:
    """Run pytest, with the sanitizer's library before all others."""
    libraries = [find_library(name) for name in ("libasan.so", "libstdc++.so")]
    environ = {
        **os.environ,
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": ":".join((*OPTIONS, f"suppressions={SUPPRESSIONS}")),
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }
    environ.pop("TMPDIR", None)  # where nox has it, in this project, programs of the tests would take it for theirs
    left_out = [f"--ignore={path}" for path in LEFT_OUT]
    command = [sys.executable, "-m", "pytest", "-n", "2", *left_out, *arguments]
    return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
