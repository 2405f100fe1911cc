"""A test runner for Django that writes a record for each test; all else is Django's own.

    python manage.py test --testrunner=callbox.telemetry.django.TelemetryTestRunner
    python -m callbox.telemetry.django manage.py test

Test databases, `--parallel`, `--keepdb`, tags, `--shuffle`, `--buffer` and `--pdb` work as ever. With `--parallel`
the processes send their records to the first one. A project's own runner is mixed in:
`class Runner(TelemetryMixin, TheirRunner)`.
"""

from __future__ import annotations

import contextlib
import functools
import runpy
import sys
import types
from pathlib import Path
from typing import Any

from callbox.errors import refuse

try:
    from django.test import runner
    from django.test.runner import DiscoverRunner, ParallelTestSuite, RemoteTestResult, RemoteTestRunner
except ModuleNotFoundError:
    if __name__ == "__main__":
        sys.exit(refuse("callbox.telemetry.django needs Django: pip install django"))
    raise

from callbox.telemetry.collector import Collector
from callbox.telemetry.journal import Journal, join_journal
from callbox.telemetry.settings import TelemetrySettings
from callbox.telemetry.unittest import Recorded, result_class
from callbox.telemetry.workers import Replayed, WorkerWatch

__all__ = ["TelemetryMixin", "TelemetryTestRunner"]


_WITH_VALUE = frozenset({"--settings", "--pythonpath"})
"""Options of `manage.py` whose value is a word of its own."""


class _Outbox:
    """Keeps records until the process that asked for the tests takes them, which this one may not live to see."""

    def __init__(self, journal: Journal | None) -> None:
        self.records: list[dict[str, Any]] = []
        self._journal = journal

    def write(self, _prefix: str, record: dict[str, Any]) -> None:
        self.records.append(record)
        if self._journal is not None:
            self._journal.end_elsewhere(record)

    def close(self) -> None:
        self.records.clear()


class RemoteResult(Recorded, RemoteTestResult):  # type: ignore[misc]
    """What a worker sends: Django's events, and after those of a test its record."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.collector = _worker().collector

    def stopTest(self, test: Any) -> None:
        """End the record, and send it."""
        super().stopTest(test)
        outbox = _worker().outbox
        self.events += [("writeRecord", self.test_index, record) for record in outbox.records]
        outbox.records.clear()


class _Worker:
    """The collector of a worker process; it lives as long as the process."""

    def __init__(self, journal: Journal | None) -> None:
        self.outbox = _Outbox(journal)
        self.collector = Collector(TelemetrySettings.load(), self.outbox, is_worker=True, journal=journal)
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(self.collector.installed())


_workers: list[_Worker] = []


def _worker(journal: str = "") -> _Worker:
    if not _workers:
        _workers.append(_Worker(join_journal(journal) if journal else None))
    return _workers[0]


def _init_worker(journal: str, *args: Any, **kwargs: Any) -> None:
    """Watch before Django's own set-up: where workers are not forked, that imports the project."""
    _worker(journal)
    runner._init_worker(*args, **kwargs)


class RemoteRunner(RemoteTestRunner):  # type: ignore[misc]
    """Runs tests in a worker."""

    resultclass = RemoteResult


class ParallelSuite(ParallelTestSuite):  # type: ignore[misc]
    """Runs tests in workers that record them."""

    runner_class = RemoteRunner

    def lend_journal(self, journal: Journal | None) -> None:
        """Have workers write in the journal of this process; Django hands the function of this method to them."""
        path = "" if journal is None else str(journal.path)
        self.init_worker = types.MethodType(functools.partial(_init_worker, path), self)


class TelemetryMixin:
    """Adds records to a runner that derives from Django's."""

    parallel_test_suite = ParallelSuite
    _watch: WorkerWatch | None = None

    def run_tests(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and write the summary at the end."""
        self._collector = Collector(TelemetrySettings.load())
        n_bad = 1
        try:
            with self._collector.installed():
                n_bad = super().run_tests(*args, **kwargs)  # type: ignore[misc]
        finally:
            if self._watch is not None:
                self._watch.conclude()
            self._collector.finish(1 if n_bad else 0)
        return n_bad

    def run_suite(self, suite: Any, **kwargs: Any) -> Any:
        """Run the tests; workers that are forked do not inherit what this process watches."""
        if isinstance(suite, ParallelTestSuite):
            self._watch = WorkerWatch(self._collector, runner.iter_test_cases(suite))
            if isinstance(suite, ParallelSuite):
                suite.lend_journal(self._watch.journal)
        return super().run_suite(suite, **kwargs)  # type: ignore[misc]

    def get_test_runner_kwargs(self) -> dict[str, Any]:
        """Give the text runner Django's class of results, or the project's, with records on top."""
        kwargs: dict[str, Any] = super().get_test_runner_kwargs()  # type: ignore[misc]
        base = kwargs.get("resultclass")
        if self._watch is None:
            kwargs["resultclass"] = result_class(self._collector, base)
        else:
            kwargs["resultclass"] = result_class(self._collector, base, Replayed, watch=self._watch)
        return kwargs


class TelemetryTestRunner(TelemetryMixin, DiscoverRunner):  # type: ignore[misc]
    """Django's runner, with records."""


def main() -> int:
    """Run `manage.py test ...` with this runner, whatever the settings say; options may stand before it."""
    words = sys.argv[1:]
    options: list[str] = []
    while words and words[0].startswith("-"):
        n_words = 2 if words[0] in _WITH_VALUE else 1
        options += words[:n_words]
        del words[:n_words]
    script = Path(words[0]) if words else Path()
    if not script.is_file():
        missing = f"no file {script}: " if words else ""
        return refuse(f"{missing}name manage.py: python -m callbox.telemetry.django manage.py test")
    sys.argv = [*words, *options, "--testrunner=callbox.telemetry.django.TelemetryTestRunner"]
    sys.path.insert(0, str(script.parent.resolve()))  # as Python itself does for a script
    runpy.run_path(str(script), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
