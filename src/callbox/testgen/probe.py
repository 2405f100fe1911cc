"""A pytest plugin for verifying runs: it shuffles, seeds, moves the clock, and writes down what each test did.

Given to pytest by `-p callbox.testgen.probe`; its orders come in one environment variable.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterator
from types import CodeType, FrameType
from typing import Any

import pytest

VARIABLE = "_CALLBOX_PROBE"
_DAYS_AHEAD = 431
_PLUGINS_OWN = ("anyio_backend",)
"""Parameters that plugins give to tests."""


class Probe:
    """One verifying run.

    The file of results has a line of JSON for each test that began, `{"began": key}`, and
    one for each that ended: `{"key", "outcome", "reason", "lines"}`.
    """

    def __init__(self, orders: dict[str, Any]) -> None:
        self._orders = orders
        self._out = open(orders["results"], "a", encoding="utf-8")  # noqa: PTH123, SIM115
        self._lines: set[tuple[str, int]] = set()
        self._files = frozenset(orders["files"])
        self._reports: dict[str, tuple[str, str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Shuffle, and leave out what is not wanted."""
        done = set(self._orders["skip"])
        items[:] = [item for item in items if json.dumps(key_of(item)) not in done]
        if self._orders["seed"]:
            random.Random(self._orders["seed"]).shuffle(items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that cannot be collected."""
        if report.failed:
            name = report.nodeid.rpartition("/")[2]
            self._write({"collected": name, "reason": _last_line(str(report.longrepr))})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Run a test under the orders of this run."""
        key = key_of(item)
        self._write({"began": key})
        self._lines = set()
        self._reports.clear()
        random.seed(self._orders["seed"])
        with _alarm(self._orders["timeout_s"]), self._traced(), self._clock_moved():
            result = yield
        failed = next((r for r in self._reports.values() if r[0] == "failed"), None)
        outcome, reason = failed or ("passed", "")
        self._write({"key": key, "outcome": outcome, "reason": reason, "lines": sorted(self._lines)})
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a phase of a test ended."""
        outcome = "passed" if report.outcome == "passed" else "failed"
        self._reports[report.when or ""] = outcome, _reason(report) if outcome == "failed" else ""

    def _write(self, row: dict[str, Any]) -> None:
        self._out.write(json.dumps(row) + "\n")
        self._out.flush()

    @contextlib.contextmanager
    def _traced(self) -> Iterator[None]:
        if not self._files:
            yield
            return
        before = sys.gettrace()
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(None)

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:  # noqa: ARG002
        code: CodeType = frame.f_code
        if code.co_filename not in self._files:
            return None
        lines, filename = self._lines, code.co_filename

        def trace_line(frame: FrameType, event: str, arg: Any) -> Any:  # noqa: ARG001
            lines.add((filename, frame.f_lineno))
            return trace_line

        lines.add((filename, frame.f_lineno))
        return trace_line

    @contextlib.contextmanager
    def _clock_moved(self) -> Iterator[None]:
        if not self._orders["moves_clock"]:
            yield
            return
        import time_machine

        # a number: a moment that has a time zone would take the process there
        with time_machine.travel(time.time() + _DAYS_AHEAD * 86_400):
            yield


def key_of(item: pytest.Item) -> list[Any]:
    """Return file, test function and row of a test."""
    indices: dict[str, int] = getattr(getattr(item, "callspec", None), "indices", {})
    rows = [index for parameter, index in indices.items() if parameter not in _PLUGINS_OWN]
    name = getattr(item, "originalname", item.name)
    return [item.path.name, name, next(iter(rows), 0)]


@contextlib.contextmanager
def _alarm(timeout_s: float) -> Iterator[None]:
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: Any) -> None:
        raise TimeoutError(f"it runs for more than {timeout_s:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _reason(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message).split("\n")[0][:300] if crash is not None else _last_line(str(report.longrepr))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E ")]
    return (errors or lines or [""])[-1].removeprefix("E").strip()[:300]


def pytest_configure(config: pytest.Config) -> None:
    """Register the probe in the run that it was ordered for."""
    orders = os.environ.get(VARIABLE)
    if orders:
        config.pluginmanager.register(Probe(json.loads(orders)), "callbox-probe")
