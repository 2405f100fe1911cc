"""Runs whose process was killed: kept by whoever opens the store next."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import Any

from callbox.errors import CallboxError
from callbox.telemetry.history import RunHistory
from callbox.telemetry.journal import Account, journal_folder, left_behind
from callbox.telemetry.kept import CRASHED, KeptRows, KeptTest
from callbox.telemetry.tally import Tally


@dataclass(frozen=True, slots=True)
class KilledRun:
    """A run that was killed: its number, when it began, and the tests that ran."""

    id: int
    started: str
    running: tuple[str, ...]

    def __str__(self) -> str:
        during = f" in {', '.join(self.running)}" if self.running else ", between tests"
        return f"run {self.id} of {self.started} was killed{during}"


def keep_killed_runs(history: RunHistory) -> list[KilledRun]:
    """Keep the runs of a store that were killed, the oldest first; none where the store cannot be written."""
    kept = []
    with left_behind(history.path) as found, contextlib.suppress(CallboxError, OSError):
        for path, account in found:
            rows, summary = _conclude(account)
            number = history.add(dt.datetime.fromisoformat(account.started), summary, rows)
            kept.append(KilledRun(number, account.started, tuple(account.running)))
            path.unlink()
        journal_folder(history.path).rmdir()
    return kept


def _conclude(account: Account) -> tuple[KeptRows, dict[str, Any]]:
    """Return what is kept of the tests of a run, and the summary that it would have written."""
    tally = Tally()
    unheard = [KeptTest.of(record) for test, (_, record) in account.records.items() if test not in account.ended]
    crashed = [KeptTest(test, "crashed", 0.0, 0, "", 0, None, CRASHED) for test in account.running]
    for test in (*account.ended.values(), *unheard, *crashed):
        tally.add_kept(test)
    summary = tally.summary(None)
    summary["duration"]["wall"] = account.wall_ms
    return tally.rows, summary
