"""Runs the corpus: each program in a fresh interpreter, once per engine and set of options."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from tests.support.needs import missing_modules

HERE = Path(__file__).parent
PROGRAMS = sorted((HERE / "programs").glob("*.py"))
STARTS = ("call", "resume", "throw", "c_call")


@dataclass(frozen=True)
class Recorded:
    """What one run recorded: the main thread's steps, and those of the others in no certain order."""

    engine: str
    main: list[str]
    others: list[list[str]]
    notes: list[str]

    @property
    def threads(self) -> list[list[str]]:
        return [self.main, *self.others]

    @property
    def without_numbers(self) -> Recorded:
        """The same, generators of one function alike: with `max_depth` not every one is seen to begin and end."""
        return self._map(lambda step: step.partition("#")[0])

    @property
    def without_throws(self) -> Recorded:
        """The same, throws read as resumes."""
        return self._map(lambda step: step.replace("throw ", "resume ", 1))

    def _map(self, change: Callable[[str], str]) -> Recorded:
        main, *others = [[change(step) for step in steps] for steps in self.threads]
        return Recorded(self.engine, main, sorted(others), self.notes)


BLIND_TO_THROWS = {"setprofile"} if sys.version_info >= (3, 13) else set()
"""From 3.13 on a profile function is told the same of a frame thrown into as of one that goes on."""

OF_SWITCHES = "the oracle, in Python, is not told of the end of a switch: greenlet keeps that from a profile function"
OF_WRONG_SELF = "a profile function is not told of a method that refuses its self"
KNOWN_311 = {
    ("setprofile", "greenlets", True): OF_SWITCHES,
    ("frameeval", "greenlets", True): OF_SWITCHES,
}
KNOWN_312 = {
    ("setprofile", "wrong_self", True): OF_WRONG_SELF,
    ("setprofile", "greenlets", True): OF_SWITCHES,
    ("monitoring", "greenlets", True): OF_SWITCHES,
}
KNOWN_DIVERGENCES = KNOWN_311 if sys.version_info < (3, 12) else KNOWN_312
"""What an engine cannot see, or is known to get wrong: engine, program or seed, with C calls or without."""


def native_engines() -> list[str]:
    """Name the engines this build has; none where the core is not built and only the oracle runs."""
    try:
        from callbox import _core
    except ImportError:
        return []
    return _core.engines()


def as_parameter(program: Path) -> Any:
    """Name a program; one whose text says that it needs a module is skipped where that is missing."""
    missing = missing_modules(program)
    return pytest.param(program.stem, marks=[pytest.mark.skip(f"{name} is not installed") for name in missing])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    is_given = {mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")}
    if "program" in set(metafunc.fixturenames) - is_given:
        metafunc.parametrize("program", [as_parameter(path) for path in PROGRAMS])
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", native_engines())
    if "hookless_engine" in metafunc.fixturenames:
        metafunc.parametrize("hookless_engine", [name for name in native_engines() if name != "setprofile"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in (item for item in items if HERE in item.path.parents):
        params = item.callspec.params if hasattr(item, "callspec") else {}
        program = params.get("program", params.get("seed"))
        has_c_calls = params.get("options", {}).get("c_calls", True)
        if reason := KNOWN_DIVERGENCES.get((params.get("engine"), program, has_c_calls)):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@cache
def run(engine: str, program: Path, options: str, out: Path) -> Recorded:
    command = [sys.executable, HERE / "run_program.py", engine, program, out, options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if result.returncode != 0:
        pytest.fail(f"{program.stem} under {engine} with {options} ended with {result.returncode}:\n{result.stderr}")
    return Recorded(engine, **json.loads(out.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Recorded]:
    """Run a program of the corpus under an engine; options are those of `Options`."""
    out = tmp_path_factory.mktemp("conformance") / "recorded.json"

    def record(engine: str, program: str, **options: Any) -> Recorded:
        return run(engine, HERE / "programs" / f"{program}.py", json.dumps(options, sort_keys=True), out)

    return record


@pytest.fixture
def record_source(tmp_path: Path) -> Callable[..., Recorded]:
    """Run a program given as text."""

    def record_source(source: str, *, engine: str = "oracle", **options: Any) -> Recorded:
        program = tmp_path / "program.py"
        program.write_text(textwrap.dedent(source), encoding="utf-8")
        return run(engine, program, json.dumps(options), tmp_path / "recorded.json")

    return record_source


@pytest.fixture(scope="session")
def assert_same() -> Callable[[Recorded, Recorded], None]:
    """Compare what the oracle recorded with what an engine did; say where they part."""

    def assert_same(expected: Recorded, recorded: Recorded) -> None:
        if recorded.engine in BLIND_TO_THROWS:
            expected, recorded = expected.without_throws, recorded.without_throws
        for index, (truth, steps) in enumerate(zip_longest(expected.threads, recorded.threads, fillvalue=[])):
            if truth != steps:
                thread = "main thread" if index == 0 else f"thread {index} (in order of content)"
                pytest.fail(f"{thread}: {describe_divergence(truth, steps)}", pytrace=False)

    return assert_same


def describe_divergence(truth: list[str], steps: list[str]) -> str:
    """Show the first steps that differ, below what both have before them, indented as calls nest."""
    at = next(i for i, (a, b) in enumerate(zip_longest(truth, steps)) if a != b)
    shown = 12
    common = indent(truth[:at])
    depth = sum(1 if step.startswith(STARTS) else -1 for step in truth[:at])
    lines = [f"step {at} of {len(truth)} (oracle) and {len(steps)} (engine) differs", *common[-shown:]]
    lines += [f"- {line}" for line in indent(truth[at : at + shown], depth) or ["(the oracle ends here)"]]
    lines += [f"+ {line}" for line in indent(steps[at : at + shown], depth) or ["(the engine ends here)"]]
    return "\n".join(lines)


def indent(steps: list[str], depth: int = 0) -> list[str]:
    lines = []
    for step in steps:
        is_start = step.startswith(STARTS)
        depth -= not is_start
        lines.append("  " * depth + step)
        depth += is_start
    return lines
