"""What is done once, when a run ends: it is kept, reported and exported."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callbox.errors import CallboxError
from callbox.store.project import find_store
from callbox.telemetry.journal import Journal, open_journal
from callbox.telemetry.kept import FILE_NAME, KeptTest
from callbox.telemetry.lines import OFF
from callbox.telemetry.settings import TelemetrySettings

if TYPE_CHECKING:
    from callbox.telemetry.history import Run, RunHistory

_FILES = ("html", "ctrf", "markdown")


class Closing:
    """Knows from the beginning where things go: tests may change the working folder."""

    def __init__(self, settings: TelemetrySettings) -> None:
        self._files = {name: str(Path(path).absolute()) for name in _FILES if (path := getattr(settings, name))}
        self._otlp = settings.otlp
        self._store = settings.store or str(find_store(FILE_NAME))
        self._started = dt.datetime.now()
        self._traced: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.journal: Journal | None = None if self._store == OFF else open_journal(self._store, self._started)
        """What is left of the run if its process is killed."""

    def add_trace(self, record: dict[str, Any], trace: dict[str, Any]) -> None:
        """Take what a test asked others for."""
        self._traced.append((record, trace))

    def close(self, summary: dict[str, Any], rows: Iterable[tuple[Any, ...]]) -> None:
        """Do it; where something cannot be done, say so: a suite ends as it would without.

        Args:
            summary: of the run.
            rows: what is kept of its tests; it is gone through more than once.
        """
        # What keeps runs is imported when one is kept: objects of before weigh on each pass of the garbage collector.
        from callbox.telemetry.history import Run, RunHistory
        from callbox.telemetry.killed import keep_killed_runs

        run = Run(0, self._started.isoformat(timespec="seconds"), summary)
        history = None if self._store == OFF else RunHistory(self._store)
        if history is not None:
            for killed in keep_killed_runs(history):
                _say(f"{killed}: it is kept")
            try:
                run = dataclasses.replace(run, id=history.add(self._started, summary, rows))
            except CallboxError as error:
                _say(f"this run is not kept: {error}")
                history = None
        if self.journal is not None:
            self.journal.discard()
        if self._files:
            try:
                self._report(run, [KeptTest._make(row) for row in rows], history)
            except CallboxError as error:
                _say(f"no report is written: {error}")
        if self._otlp:
            self._export(summary)

    def _report(self, run: Run, tests: Sequence[KeptTest], history: RunHistory | None) -> None:
        from callbox.telemetry.reports import write_reports

        runs = [run] if history is None else history.runs()
        statuses = {} if history is None else history.statuses(run)
        write_reports(self._files, runs, tests, statuses)
        if history is not None:
            history.close()

    def _export(self, summary: dict[str, Any]) -> None:
        try:
            from callbox.telemetry.otlp import export_run
        except ImportError:
            _say("spans are not exported: pip install 'callbox[otel]'")
            return
        try:
            export_run(self._otlp, self._started, summary, self._traced)
        except CallboxError as error:
            _say(f"spans are not exported: {error}")


def _say(text: str) -> None:
    print(f"callbox: {text}", file=sys.stderr)
