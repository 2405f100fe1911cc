"""CPython's own tests, alone and while callbox records them: what passes alone must pass recorded.

    python trust/cpython_tests.py [--engine NAME]... [--mode MODE] [MODULE...]

Each module runs in a process of its own: alone, then recorded by each engine that this Python has, with values of
everything. A test that fails only when recorded is a finding, unless it asks for what no recorder can grant: those are
in `excuses.py`, with the reason. What differs once and not again is a test that differs by itself, and is named.
Exit code: 0 if there is no finding.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from trust.excuses import find_excuse

from callbox.engine import ORACLE, engine_names
from callbox.recording import open_recording

RUNNER = Path(__file__).with_name("outcomes.py")
TIMEOUT_S = 600
MODULES = (
    *("test_sys_setprofile", "test_sys_settrace", "test_monitoring", "test_cprofile", "test_profile"),
    *("test_bdb", "test_generators", "test_genexps", "test_coroutines", "test_asyncgen"),
    *("test_yield_from", "test_generator_stop", "test_threading", "test_threading_local", "test_thread"),
    *("test_context", "test_contextlib", "test_contextlib_async", "test_exceptions"),
    *("test_exception_group", "test_except_star", "test_raise", "test_traceback", "test_with", "test_gc"),
    *("test_weakref", "test_frame", "test_inspect", "test_call", "test_code", "test_descr", "test_class"),
    *("test_scope", "test_functools", "test_dataclasses", "test_isinstance", "test_signal"),
    *("test_atexit", "test_sys", "test_fork1", "test_faulthandler", "test_subinterpreters"),
    *("test_concurrent_futures", "test_runpy"),
)
ASYNCIO = (
    *("test_base_events", "test_buffered_proto", "test_context", "test_events", "test_futures"),
    *("test_futures2", "test_locks", "test_pep492", "test_protocols", "test_queues"),
    *("test_selector_events", "test_streams", "test_subprocess", "test_taskgroups", "test_tasks"),
    *("test_threads", "test_timeouts", "test_unix_events", "test_waitfor"),
)


@dataclass
class Run:
    """How the tests of one module ended, once."""

    outcomes: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    died: str = ""
    """How the process ended, if not well."""
    recorded: str = ""
    """What is wrong with the recording."""
    n_events: int = 0

    @classmethod
    def of(cls, lines: Sequence[str]) -> Run:
        """Read what `outcomes.py` wrote; of several outcomes of a test the worst holds."""
        run = cls()
        order = ("begun", "passed", "skipped", "failed")
        for line in lines:
            outcome, test, detail = json.loads(line)
            if order.index(outcome) >= order.index(run.outcomes.get(test, "begun")):
                run.outcomes[test] = outcome
                run.details[test] = detail
        return run

    def lacks(self, alone: Run) -> list[str]:
        """List the tests that ended well alone and not here."""
        well = ("passed", "skipped")
        return [t for t, o in alone.outcomes.items() if o in well and self.outcomes.get(t, "begun") not in well]


def run_module(module: str, folder: Path, engine: str | None, mode: str) -> Run:
    """Run a module's tests in a process of their own, recorded unless no engine is named."""
    output, box = folder / "outcomes", folder / "box.cbx"
    words = [str(RUNNER), str(output), f"test.{module}"]
    command = [sys.executable, *words]
    if engine is not None:
        own = ["-q", "--engine", engine, "--mode", mode, "-o", str(box)]
        command = [sys.executable, "-m", "callbox", "run", *own, "--", *words]
    output.write_text("")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with (folder / "log").open("wb") as log:
        try:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            code = subprocess.run(
                command, cwd=folder, env=environ, timeout=TIMEOUT_S, check=False, **streams
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1000
    run = Run.of(output.read_text(encoding="utf-8").splitlines())
    if code != 0:
        last = (folder / "log").read_text(errors="replace")[-2000:]
        run.died = f"{'does not end' if code == -1000 else f'exit code {code}'}\n{last}"
    if engine is not None and not run.died:
        run.recorded, run.n_events = examine(box, engine, module)
    return run


def examine(box: Path, engine: str, module: str) -> tuple[str, int]:
    """Say what is wrong with a recording, if anything, and how many events there were."""
    recording = open_recording(box)
    tests = [f for f in recording.functions.values() if f"{f.module_name}.".startswith(f"test.{module}.")]
    n_events = recording.n_events + recording.dropped
    if recording.header.engine != engine:
        return f"engine {recording.header.engine} recorded it", n_events
    if recording.damage:
        return "; ".join(recording.damage), n_events
    return "" if tests else "it holds no function of the module", n_events


@dataclass
class Tally:
    """What came of all modules under one engine."""

    outcomes: Counter[str] = field(default_factory=Counter)
    n_events: int = 0
    n_excused: int = 0
    findings: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)


def compare(module: str, folder: Path, engine: str, mode: str, tally: Tally) -> None:
    """Run a module alone and recorded, and again what differs."""
    alone = run_module(module, folder, None, mode)
    recorded = run_module(module, folder, engine, mode)
    if alone.died:
        tally.unsteady.append(f"{module}, not even alone: {alone.died.splitlines()[0]}")
    tally.outcomes.update(recorded.outcomes.values())
    tally.n_events += recorded.n_events
    lacking = recorded.lacks(alone)
    suspects = [test for test in lacking if not find_excuse(engine, test)]
    has_died = bool(recorded.died) and not alone.died
    is_excused = has_died and bool(find_excuse(engine, module))
    tally.n_excused += len(lacking) - len(suspects) + is_excused
    if suspects or (has_died and not is_excused):
        again = run_module(module, folder, engine, mode)
        still = [test for test in again.lacks(alone) if test in suspects]
        tally.unsteady += [test for test in suspects if test not in still]
        tally.findings += [f"{test}\n{again.details.get(test, '')}" for test in still]
        if has_died and not is_excused:
            tally.findings.append(f"{module}: {recorded.died}")
    if recorded.recorded:
        tally.findings.append(f"{module}: the recording: {recorded.recorded}")


def main() -> int:
    """Run all, print a line for each module, and the findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    engines = [name for name in engine_names() if name != ORACLE]
    parser.add_argument("--engine", action="append", choices=engines, help="all that this Python has, unless named")
    parser.add_argument("--mode", default="trace", choices=("profile", "trace"))
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a selection of this script's, unless named")
    options = parser.parse_args()
    if importlib.util.find_spec("test.test_generators") is None:
        parser.error("this Python has no tests: on Debian they are in libpython3.X-testsuite")
    modules = options.modules or (*MODULES, *(f"test_asyncio.{name}" for name in ASYNCIO))
    found = [name for name in modules if importlib.util.find_spec(f"test.{name}") is not None]
    tallies = {engine: Tally() for engine in options.engine or engines}
    for engine, tally in tallies.items():
        for module in found:
            began = time.monotonic()
            n_before = len(tally.findings)
            with tempfile.TemporaryDirectory() as folder:
                compare(module, Path(folder), engine, options.mode, tally)
            verdict = "FINDINGS" if len(tally.findings) > n_before else "ok"
            print(f"{engine:10} {module:34} {verdict:8} {time.monotonic() - began:6.1f} s", flush=True)
    for engine, tally in tallies.items():
        counts = ", ".join(f"{n} {outcome}" for outcome, n in tally.outcomes.most_common())
        print(f"\n{engine}, mode {options.mode}: {len(found)} modules, {counts}; {tally.n_events:,} events; "
              f"{tally.n_excused} excused, {len(tally.findings)} findings")  # fmt: skip
        for test in tally.unsteady:
            print(f"  not the second time: {test}")
        for finding in tally.findings:
            print(f"  FINDING {finding}")
    return int(any(tally.findings for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
