"""What telemetry costs a suite: processor time beside a plain run, pair by pair, in one go.

    python benchmarks/telemetry.py [--pairs N] [--tests N] [--filter FOLDER] [--toolbar FOLDER]

Folders are those of the unpacked source distributions of django-filter and django-debug-toolbar; what these suites
need besides Django must be installed. Each pair runs the plain suite and then the same with everything collected,
records going to a file and the run to a store. With --coverage both measure lines: plain coverage beside telemetry's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

RUNNER = "--testrunner=callbox.telemetry.django.TelemetryTestRunner"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Suite:
    """A suite: where, how it is run, what is added to collect, and how many tests it has."""

    name: str
    folder: Path
    words: tuple[str, ...]
    more: tuple[str, ...]
    n_tests: int = 0
    environ: dict[str, str] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--tests", type=int, default=5000, help="trivial tests; 0 for none")
    parser.add_argument("--filter", type=Path, help="django-filter, unpacked")
    parser.add_argument("--toolbar", type=Path, help="django-debug-toolbar, unpacked")
    parser.add_argument("--coverage", action="store_true", help="lines in both runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for suite in suites(options, folder):
            report(suite, folder, options.pairs, with_coverage=options.coverage)


def suites(options: argparse.Namespace, folder: Path) -> list[Suite]:
    found = []
    if options.tests:
        found.append(trivial(folder / "trivial", options.tests))
    if options.filter:
        found.append(Suite("django-filter", options.filter.resolve(), ("runtests.py",), (RUNNER,)))
    if options.toolbar:
        words = ("-m", "django", "test", "tests")
        environ = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DB_BACKEND": "sqlite3", "DB_NAME": ":memory:"}
        found.append(Suite("django-debug-toolbar", options.toolbar.resolve(), words, (RUNNER,), environ=environ))
    return found


def trivial(folder: Path, n_tests: int) -> Suite:
    """Write a suite of tests that do nothing, a hundred each file."""
    folder.mkdir()
    for first in range(0, n_tests, 100):
        tests = [f"def test_{n}(): pass\n" for n in range(first, min(first + 100, n_tests))]
        (folder / f"test_{first}.py").write_text("".join(tests))
    return Suite(f"{n_tests:,} trivial tests", folder, PYTEST, ("--callbox-telemetry",), n_tests)


def report(suite: Suite, folder: Path, n_pairs: int, *, with_coverage: bool) -> None:
    collecting = {"CALLBOX_TELEMETRY_OUTPUT": str(folder / "lines"), "CALLBOX_TELEMETRY_STORE": str(folder / "runs.db")}
    plain_words = ("-m", "coverage", "run", "--data-file", str(folder / "lines.cov"), *suite.words)
    if with_coverage:
        collecting["CALLBOX_TELEMETRY_COVERAGE"] = "1"
    pairs = []
    for _ in range(n_pairs):
        plain_s, plain_code = run(suite, plain_words if with_coverage else suite.words, {})
        full_s, full_code = run(suite, (*suite.words, *suite.more), collecting)
        if (plain_code, full_code) not in ((0, 0), (1, 1)):
            raise SystemExit(f"{suite.name}: ended with {plain_code}, and with {full_code} when all was collected")
        pairs.append((plain_s, full_s))
    plain_s, full_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    added_s = statistics.median(full - plain for plain, full in pairs)
    each = f", {added_s / suite.n_tests * 1e6:.0f} µs a test" if suite.n_tests else ""
    print(f"{suite.name}: plain {plain_s:.2f} s, collected {full_s:.2f} s, added {added_s / plain_s:+.1%}{each}")


def run(suite: Suite, words: tuple[str, ...], environ: dict[str, str]) -> tuple[float, int]:
    """Run a suite, and return its processor time in seconds and its exit code."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "CALLBOX_", "COV_"))}
    os.chdir(suite.folder)
    devnull = os.open(os.devnull, os.O_RDWR)
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, *words],
        {**kept, "PYTHONDONTWRITEBYTECODE": "1", **suite.environ, **environ},
        file_actions=[(os.POSIX_SPAWN_DUP2, devnull, 1), (os.POSIX_SPAWN_DUP2, devnull, 2)],
    )
    os.close(devnull)
    _, status, used = os.wait4(child, 0)
    return used.ru_utime + used.ru_stime, os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
