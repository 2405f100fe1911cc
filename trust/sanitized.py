"""Run the tests with a core that was built with sanitizers.

    python trust/sanitized.py [ARG of pytest]...

AddressSanitizer must be there before Python is, so it is preloaded, into each process that a test starts too. It
reports to a file, and ends the process: whichever process that is, and whatever its test makes of that end, a report
is a finding. A test that fails is tried once more alone: programs are slow beneath the sanitizers, and tests wait for
them only so long. Exit code: 0 if all tests pass and there is no report. Left out is what cannot run beneath them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SUPPRESSIONS = Path(__file__).with_name("asan.supp")
LIMITS = Path(__file__).with_name("limits.c")
SIGNALS = ("handle_segv=0", "handle_sigbus=0", "handle_sigfpe=0")
"""They are left to the programs of the tests, some of which die of them."""
OPTIONS = ("detect_leaks=0", "abort_on_error=1", "allocator_may_return_null=1", *SIGNALS)
_GREENLETS = "greenlet copies the C stack, and the sanitizer's marks of it stay where they were"
LEFT_OUT = {
    "tests/leaks": "address space is counted, of which the sanitizer takes terabytes",
    "tests/integration/view/test_page.py": "a browser is no program for the sanitizer",
    "tests/integration/failures/test_limits.py::test_function_that_fills_the_memory": "the sanitizer has no room then",
    "tests/conformance/test_conformance.py::test_engine_records_what_the_oracle_records[greenlets-frame": _GREENLETS,
    "tests/conformance/test_conformance.py::test_engine_records_what_the_oracle_records[gevent_pool-frame": _GREENLETS,
    "tests/conformance/test_watch.py::test_watched_program_runs_as_it_runs_bare[frameeval-gevent": _GREENLETS,
    "tests/conformance/test_watch.py::test_watched_program_runs_as_it_runs_bare[frameeval-greenlets": _GREENLETS,
    "tests/conformance/test_wrap.py::test_wrapped_program_is_recorded_as_a_hook_records_it[frameeval-gev": _GREENLETS,
    "tests/conformance/test_wrap.py::test_wrapped_program_has_the_values_that_the_reference_engine_records[gevent": (
        _GREENLETS
    ),
    "tests/conformance/test_wrap.py::test_wrapped_program_runs_as_ever[frameeval-greenlets": _GREENLETS,
    "tests/unit/engine/test_tasks.py::test_greenlets_keep_stacks_of_their_own[frameeval": _GREENLETS,
}
"""Beginnings of what pytest calls tests, and why they are left out."""


def find_library(name: str) -> str:
    """Find a library of the compiler's. That of C++ comes with the sanitizer's, which wraps its exceptions."""
    found = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def make_environ(folder: Path) -> dict[str, str]:
    """Return the environment in which processes run beneath the sanitizers, and write `report*` in a folder."""
    limits = str(folder / "limits.so")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", limits, str(LIMITS)], check=True)
    log = f"log_path={folder / 'report'}"
    environ = {
        **os.environ,
        "LD_PRELOAD": " ".join([find_library("libasan.so"), find_library("libstdc++.so"), limits]),
        "ASAN_OPTIONS": ":".join((*OPTIONS, log, f"suppressions={SUPPRESSIONS}")),
        "UBSAN_OPTIONS": f"print_stacktrace=1:{log}",
        "PYTHONMALLOC": "malloc",
        "TESTS_PATIENCE": "10",
    }
    environ.pop("TMPDIR", None)  # where nox has it, in this project, programs of the tests would take it for theirs
    return environ


def main(*arguments: str) -> int:
    """Run pytest, with the sanitizer's library before all others; print the reports."""
    with tempfile.TemporaryDirectory() as name:
        environ = make_environ(Path(name))
        command = [sys.executable, "-m", "pytest", *(f"--deselect={test}" for test in LEFT_OUT), *arguments]
        code = subprocess.run([*command, "-n", "2"], env=environ, check=False).returncode
        if code == 1:
            print("\n=== once more, one by one: what failed", flush=True)
            again = ("-n", "0", "--last-failed", "--last-failed-no-failures=none")
            code = subprocess.run([*command, *again], env=environ, check=False).returncode
        reports = [path.read_text(errors="replace") for path in sorted(Path(name).glob("report*"))]
    print(*reports, f"{len(reports)} reports of the sanitizers", sep="\n")
    return code or int(bool(reports))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
