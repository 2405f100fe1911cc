"""What `callbox record` and `callbox gen` make of a library's own test suite.

    python benchmarks/tests_from_calls.py FOLDER PACKAGE [--tests tests] [--mutants 60] [--rounds 3]

FOLDER is a source distribution, unpacked; nothing in it is changed but `call_logs` and `tests_made`, which are
made anew. Prints one row of each table of docs/tests-from-calls.md, as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from callbox.testgen.call_files import entry_of
from callbox.testgen.call_store import CallStore
from callbox.testgen.mutate import find_mutants, score, span_of

MADE = "tests_made"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("package")
    parser.add_argument("--tests", default="tests")
    parser.add_argument("--deselect", action="append", default=[])
    parser.add_argument("--mutants", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=10)
    options = parser.parse_args()
    root = options.folder.resolve()
    row = {"library": options.package, **recording(root, options), **generation(root), **fresh(root)}
    if options.mutants:
        row |= mutation(root, options)
    print(json.dumps(row, indent=1))


def environment(root: Path) -> dict[str, str]:
    path = os.pathsep.join([str(root / "src"), str(root)])
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}


def run(words: list[str], root: Path) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Run a program; return the processor's seconds, which other programs on the machine change least."""
    started = cpu_s()
    done = subprocess.run(words, cwd=root, env=environment(root), capture_output=True, text=True, check=False)
    return cpu_s() - started, done


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def recording(root: Path, options: argparse.Namespace) -> dict[str, object]:
    """Measure what the suite takes without and with recording, taking turns."""
    suite = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", options.tests]
    suite += [f"--deselect={name}" for name in options.deselect]
    plain, recorded = [], []
    for _ in range(options.rounds):
        shutil.rmtree(root / "call_logs", ignore_errors=True)
        plain.append(run([sys.executable, *suite], root)[0])
        record = [sys.executable, "-m", "callbox", "record", "-l", str(options.limit), options.package, "--", *suite]
        seconds, done = run(record, root)
        recorded.append(seconds)
    print(done.stdout[-300:], done.stderr[-300:], file=sys.stderr)
    ratios = [b / a for a, b in zip(plain, recorded, strict=True)]
    return {"suite_s": statistics.median(plain), "recording_ratio": statistics.median(ratios)}


def generation(root: Path) -> dict[str, object]:
    shutil.rmtree(root / MADE, ignore_errors=True)
    words = ["-m", "callbox", "gen", "-l", "0", "-d", MADE, "--json"]
    seconds, done = run([sys.executable, *words], root)
    report = json.loads(done.stdout)
    calls = report["calls"]
    n_kept = sum(calls.values())
    n_tests = calls["test"]
    return {
        "calls_seen": report["seen"],
        "calls_kept": n_kept,
        **{fate.replace(" ", "_"): n for fate, n in calls.items()},
        "share": n_tests / (n_kept - calls["duplicate"]),
        "plain_share": plain_share(root, n_kept - calls["duplicate"]),
        "s_per_test": seconds / max(n_tests, 1),
        "reasons": [f"{row['calls']} {row['reason']}" for row in report["reasons"][:6]],
    }


def plain_share(root: Path, n_kept: int) -> float:
    """Return the share of calls that a function of a module takes and gives plain literals in."""
    sys.path[:0] = [str(root / "src"), str(root)]
    n_plain = 0
    for stored in CallStore(root / "call_logs").calls():
        call = stored.call
        if call.refusal or "." in call.target.qualname or call.outcome != "returned":
            continue
        try:
            entry = entry_of(call)
            again = eval(repr((entry["args"], entry["kwargs"], entry["result"])), {"__builtins__": {}})
            n_plain += again == (entry["args"], entry["kwargs"], entry["result"])
        except Exception:
            continue
    return n_plain / n_kept


def fresh(root: Path) -> dict[str, object]:
    """Run the tests in a copy of the checkout that holds nothing else that was made here."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns("call_logs", "__pycache__"))
        plugins = ["-p", "no:cacheprovider", "-W", "ignore", "-p", "no:callbox"]
        _, done = run([sys.executable, "-m", "pytest", "-q", *plugins, MADE], copy)
        lines = done.stdout.strip().splitlines() or [done.stderr[-200:]]
        return {"fresh": lines[-1]}


def left_out(root: Path, options: argparse.Namespace) -> list[str]:
    """Leave out the tests of the suite that fail here anyway."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns("call_logs", MADE, "__pycache__"))
        words = ["-m", "pytest", "-q", "-rfE", "--color=no", "-o", "addopts=", "-p", "no:cacheprovider", "-W", "ignore"]
        _, done = run([sys.executable, *words, options.tests], copy)
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    named = [f"--deselect={name}" if "::" in name else f"--ignore={name}" for name in failed]
    return [*named, *(f"--deselect={name}" for name in options.deselect)]


def mutation(root: Path, options: argparse.Namespace) -> dict[str, object]:
    spans = set()
    for target, _, n_kept in CallStore(root / "call_logs").targets():
        file = Path(target.filename)
        if n_kept and file.is_relative_to(root):
            spans.add((str(file.relative_to(root)), *span_of(file, target.line)))
    mutants = find_mutants(root, sorted(spans), options.mutants)
    say = lambda text: print(text, file=sys.stderr)  # noqa: E731
    made = score(root, mutants, [MADE], say)
    own = score(root, mutants, [options.tests, *left_out(root, options)], say)
    return {"mutants": len(mutants), "killed": made.n_killed, "killed_by_own_suite": own.n_killed}


if __name__ == "__main__":
    main()
