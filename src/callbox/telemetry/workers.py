"""What Django's worker processes do, followed in the journal, so that nothing is lost of one that dies.

Django waits for ever for the tests of a worker that was killed, as `multiprocessing.Pool`
does. While it waits it asks ten times a second whether to stop: then is the time to look.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import sys
import tempfile
import time
import unittest
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from callbox.telemetry.collector import Collector
from callbox.telemetry.journal import Account, Journal, open_journal
from callbox.telemetry.kept import CRASHED
from callbox.telemetry.records import Identity
from callbox.telemetry.unittest import Recorded, identify

_LOOK_EVERY_S = 0.5
_CUT_SHORT = "the run ended before this test"


class WorkerWatch:
    """Writes the records of tests whose worker died before it sent them."""

    def __init__(self, collector: Collector, tests: Iterable[unittest.TestCase]) -> None:
        """Begin.

        Args:
            collector: of this process.
            tests: those that workers will run.
        """
        self._collector = collector
        self._identities = {test.id(): identify(test) for test in tests}
        self._folder = "" if collector.journal else tempfile.mkdtemp(prefix="callbox-")
        self.journal: Journal | None = collector.journal or open_journal(f"{self._folder}/run", dt.datetime.now())
        self._account = Account(self.journal.path if self.journal else Path())
        self._rescued: set[str] = set()
        self._looked_s = time.monotonic()

    def write(self, record: dict[str, Any]) -> None:
        """Write a record that a worker has sent, unless it has died since and that was done then."""
        if record["id"] not in self._rescued:
            self._collector.write(record)

    def look(self) -> None:
        """Look, now and then, for workers that have died."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self._write_missing(is_over=False)

    def conclude(self) -> None:
        """Write what no worker has sent, however the run has ended."""
        self._write_missing(is_over=True)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _write_missing(self, *, is_over: bool) -> None:
        account = self._account
        with contextlib.suppress(OSError):
            account.read_on()
        running = list(account.running.items())
        unheard = [found for test, found in account.records.items() if test not in account.ended]
        asked = {process for _, process in running} | {process for process, _ in unheard}
        dead = {process for process in asked if not _is_running(process)}
        for process, record in unheard:
            if is_over or process in dead:
                self._collector.write(record)
                self._rescued.add(record["id"])
        for test, process in running:
            if is_over or process in dead:
                self._collector.begin(self._identities.get(test, Identity(test, test)))
                ended = ("crashed", CRASHED) if process in dead else ("error", _CUT_SHORT)
                self._collector.end(ended[0], error=ended[1])
                self._rescued.add(test)


class Replayed(Recorded):
    """Hears from workers, and looks after those that say nothing."""

    is_replay = True
    watch: WorkerWatch
    _should_stop = False

    @property
    def shouldStop(self) -> bool:
        """Whether to stop, which Django asks again and again while it waits."""
        self.watch.look()
        return self._should_stop

    @shouldStop.setter
    def shouldStop(self, should_stop: bool) -> None:
        self._should_stop = should_stop

    def writeRecord(self, _test: Any, record: dict[str, Any]) -> None:
        """Write a record that a worker sends."""
        self.watch.write(record)


def _is_running(process: int) -> bool:
    """Say whether a worker lives; on Windows, where Django has no workers, nobody is taken for dead."""
    from callbox.recording.liveness import is_running

    return sys.platform == "win32" or is_running(process, time.monotonic_ns())
