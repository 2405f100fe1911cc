"""What telemetry costs a suite: processor time beside a plain run, pair by pair, in one go.

    python benchmarks/telemetry.py [--pairs N] [--tests N] [--filter FOLDER] [--toolbar FOLDER]

Folders are those of the unpacked source distributions of django-filter and django-debug-toolbar; what these suites
need besides Django must be installed, as django-template-partials for the second. Each pair runs the plain suite and
then the same with everything collected, records going to a file and the run to a store. Both must end alike, and there
must be a record of each test. With --coverage both measure lines: plain coverage beside telemetry's.
"""

from __future__ import annotations

import argparse
import compileall
import os
import re
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "callbox"
RUNNER = "--testrunner=callbox.telemetry.django.TelemetryTestRunner"
RAN = re.compile(r"^Ran (\d+) tests?|(\d+) (?:passed|failed|skipped|xfailed|xpassed|errors?)\b", re.MULTILINE)
ENDED = re.compile(r"^(?:OK|FAILED)\b.*|\d+ (?:passed|failed|skipped|xfailed|xpassed|errors?)\b", re.MULTILINE)
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Suite:
    """A suite: where, how it is run, and what is added to collect."""

    name: str
    folder: Path
    words: tuple[str, ...]
    more: tuple[str, ...]
    environ: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ran:
    """A run: processor time in seconds, how many tests it says that it ran, and how it ended."""

    seconds: float
    n_tests: int
    end: tuple[int, tuple[str, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--tests", type=int, default=5000, help="trivial tests; 0 for none")
    parser.add_argument("--filter", type=Path, help="django-filter, unpacked")
    parser.add_argument("--toolbar", type=Path, help="django-debug-toolbar, unpacked")
    parser.add_argument("--coverage", action="store_true", help="lines in both runs")
    options = parser.parse_args()
    compileall.compile_dir(PACKAGE, quiet=1)  # as an installed callbox is; runs write no bytecode
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
    return Suite(f"{n_tests:,} trivial tests", folder, PYTEST, ("--callbox-telemetry",))


def report(suite: Suite, folder: Path, n_pairs: int, *, with_coverage: bool) -> None:
    records = folder / "records"
    collecting = {"CALLBOX_TELEMETRY_OUTPUT": str(records), "CALLBOX_TELEMETRY_STORE": str(folder / "runs.db")}
    plain_words = ("-m", "coverage", "run", "--data-file", str(folder / "lines.cov"), *suite.words)
    if with_coverage:
        collecting["CALLBOX_TELEMETRY_COVERAGE"] = "1"
    pairs = []
    for _ in range(n_pairs):
        records.unlink(missing_ok=True)
        plain = run(suite, plain_words if with_coverage else suite.words, {}, folder)
        full = run(suite, (*suite.words, *suite.more), collecting, folder)
        check(suite, plain, full, records)
        pairs.append((plain, full))
    added = sorted((full.seconds - plain.seconds) / plain.seconds for plain, full in pairs)
    each_us = sorted((full.seconds - plain.seconds) / plain.n_tests * 1e6 for plain, full in pairs)
    plain_s = statistics.median(plain.seconds for plain, _ in pairs)
    full_s = statistics.median(full.seconds for _, full in pairs)
    print(
        f"{suite.name}: {pairs[0][0].n_tests:,} tests, as many records, {' '.join(pairs[0][0].end[1])}; "
        f"plain {plain_s:.2f} s, collected {full_s:.2f} s; added: {statistics.median(added):+.1%} "
        f"({added[0]:+.1%} to {added[-1]:+.1%}), {statistics.median(each_us):.0f} µs a test "
        f"({each_us[0]:.0f} to {each_us[-1]:.0f})",
        flush=True,
    )


def check(suite: Suite, plain: Ran, full: Ran, records: Path) -> None:
    """Refuse to measure nothing: both runs ran the same tests and ended alike, and each test has its record."""
    n_records = records.read_text().count("TEST_RESULT:") if records.exists() else 0
    if plain.n_tests == 0 or plain.end != full.end or not plain.n_tests == full.n_tests == n_records:
        raise SystemExit(
            f"{suite.name}: plain {plain.n_tests} tests, {plain.end}; collected {full.n_tests} tests, {full.end}, "
            f"{n_records} records: nothing was measured"
        )


def run(suite: Suite, words: tuple[str, ...], environ: dict[str, str], folder: Path) -> Ran:
    """Run a suite, and return its processor time and what it says of itself."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "CALLBOX_", "COV_"))}
    os.chdir(suite.folder)
    said = folder / "said"
    file = os.open(said, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, *words],
        {**kept, "PYTHONDONTWRITEBYTECODE": "1", **suite.environ, **environ},
        file_actions=[(os.POSIX_SPAWN_DUP2, file, 1), (os.POSIX_SPAWN_DUP2, file, 2)],
    )
    os.close(file)
    _, status, used = os.wait4(child, 0)
    text = said.read_text(errors="replace")
    n_tests = sum(int(count) for found in RAN.findall(text) for count in found if count)
    end = os.waitstatus_to_exitcode(status), tuple(ENDED.findall(text))
    return Ran(used.ru_utime + used.ru_stime, n_tests, end)


if __name__ == "__main__":
    main()
