"""Running tests in fresh processes, under changed circumstances, and reading what became of each."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from callbox.errors import GenerateError

Key: TypeAlias = tuple[str, str, int]
"""File name, test function, row."""

_TIMEOUT_S = 20.0
_MAX_CRASHES = 20
_VARIABLE = "_CALLBOX_PROBE"


@dataclass(frozen=True, slots=True)
class Conditions:
    """The circumstances of a run.

    Attributes:
        hash_seed: of str and bytes hashes.
        seed: of `random`, and of the order of tests; 0 keeps their order.
        time_zone: what `TZ` says.
        moves_clock: whether it is more than a year later.
        traced: files whose lines are noted for each test.
    """

    hash_seed: int = 0
    seed: int = 0
    time_zone: str = "UTC"
    moves_clock: bool = False
    traced: frozenset[str] = frozenset()


@dataclass(slots=True)
class Results:
    """What became of the tests of a run.

    Attributes:
        passed: with the lines that each ran.
        failed: with the reason.
        broken: files that could not be collected, with the reason.
    """

    passed: dict[Key, frozenset[tuple[str, int]]] = field(default_factory=dict)
    failed: dict[Key, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


def can_move_clock() -> bool:
    """Say whether the library that moves clocks is here."""
    return importlib.util.find_spec("time_machine") is not None


def run_tests(paths: Iterable[Path], root: Path, conditions: Conditions) -> Results:
    """Run test files in a fresh process; in further ones if tests crash it.

    Args:
        paths: files or folders.
        root: where pytest runs, and takes its configuration from.
        conditions: the circumstances.

    Raises:
        GenerateError: pytest cannot be run.
    """
    results = Results()
    skip: list[Key] = []
    for _ in range(_MAX_CRASHES):
        rows, output, code = _run_once([str(path) for path in paths], root, conditions, skip)
        unfinished = _read_rows(rows, results)
        if not rows and code not in (0, 5):
            raise GenerateError(f"pytest cannot run the tests: {_last_line(output)}")
        if unfinished is None:
            break
        results.failed[unfinished] = f"it ends the process (exit code {code})"
        skip = [*results.passed, *results.failed]
    return results


def _run_once(
    paths: list[str], root: Path, conditions: Conditions, skip: Iterable[Key]
) -> tuple[list[dict[str, Any]], str, int]:
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        orders = {
            "results": str(results),
            "seed": conditions.seed,
            "files": sorted(conditions.traced),
            "moves_clock": conditions.moves_clock,
            "timeout_s": _TIMEOUT_S,
            "skip": [json.dumps(list(key)) for key in skip],
        }
        environ = {
            **os.environ,
            _VARIABLE: json.dumps(orders),
            "PYTHONHASHSEED": str(conditions.hash_seed),
            "TZ": conditions.time_zone,
            "PYTEST_ADDOPTS": "",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-m", "pytest", "-p", "callbox.testgen.probe", "-p", "no:cacheprovider"]
        command += ["-p", "no:randomly", "--continue-on-collection-errors"]
        quiet = ["-o", "addopts=", "-q", "--no-header", "--tb=short"]
        # Which of callbox's modules pytest would have liked to see first is no matter of the project's tests.
        quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning", *paths]
        done = subprocess.run(
            [*command, *quiet], cwd=root, env=environ, capture_output=True, text=True, errors="replace", check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
        return [json.loads(line) for line in lines], done.stdout + done.stderr, done.returncode


def _read_rows(rows: list[dict[str, Any]], results: Results) -> Key | None:
    """Add rows to results; return the test that began and did not end."""
    began: Key | None = None
    for row in rows:
        if "began" in row:
            began = _key(row["began"])
        elif "collected" in row:
            results.broken[row["collected"]] = row["reason"]
        else:
            key, began = _key(row["key"]), None
            if row["outcome"] == "passed":
                results.passed[key] = frozenset((file, line) for file, line in row["lines"])
            else:
                results.failed[key] = row["reason"]
    return began


def _key(parts: list[Any]) -> Key:
    file, name, row = parts
    return file, name, row


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def merge_failures(runs: Iterable[Results]) -> Mapping[Key, str]:
    """Return the tests that failed in any of several runs, with the first reason."""
    failed: dict[Key, str] = {}
    for results in runs:
        for key, reason in results.failed.items():
            failed.setdefault(key, reason)
    return failed
