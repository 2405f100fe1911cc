"""A test runner for Django that writes a record for each test; all else is Django's own.

    python manage.py test --testrunner=callbox.telemetry.django.TelemetryTestRunner
    python -m callbox.telemetry.django manage.py test

Test databases, `--parallel`, `--keepdb`, tags, `--shuffle`, `--buffer` and `--pdb` work as ever. With `--parallel`
the processes send their records to the first one. A project's own runner is mixed in:
`class Runner(TelemetryMixin, TheirRunner)`.
"""

from __future__ import annotations

import contextlib
import runpy
import sys
from typing import Any

from django.test import runner
from django.test.runner import DiscoverRunner, ParallelTestSuite, RemoteTestResult, RemoteTestRunner

from callbox.telemetry.collector import Collector
from callbox.telemetry.settings import TelemetrySettings
from callbox.telemetry.unittest import Recorded, result_class

__all__ = ["TelemetryMixin", "TelemetryTestRunner"]


class _Outbox:
    """Keeps records until the process that asked for the tests takes them."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def write(self, _prefix: str, record: dict[str, Any]) -> None:
        self.records.append(record)

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

    def __init__(self) -> None:
        self.outbox = _Outbox()
        self.collector = Collector(TelemetrySettings.load(), self.outbox, is_worker=True)
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(self.collector.installed())


_workers: list[_Worker] = []


def _worker() -> _Worker:
    if not _workers:
        _workers.append(_Worker())
    return _workers[0]


def _init_worker(*args: Any, **kwargs: Any) -> None:
    """Watch before Django's own set-up: where workers are not forked, that imports the project."""
    _worker()
    runner._init_worker(*args, **kwargs)


class RemoteRunner(RemoteTestRunner):  # type: ignore[misc]
    """Runs tests in a worker."""

    resultclass = RemoteResult


class ParallelSuite(ParallelTestSuite):  # type: ignore[misc]
    """Runs tests in workers that record them."""

    runner_class = RemoteRunner
    init_worker = _init_worker


class TelemetryMixin:
    """Adds records to a runner that derives from Django's."""

    parallel_test_suite = ParallelSuite
    _is_parallel = False

    def run_tests(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and write the summary at the end."""
        self._collector = Collector(TelemetrySettings.load())
        n_bad = 1
        try:
            with self._collector.installed():
                n_bad = super().run_tests(*args, **kwargs)  # type: ignore[misc]
        finally:
            self._collector.finish(1 if n_bad else 0)
        return n_bad

    def run_suite(self, suite: Any, **kwargs: Any) -> Any:
        """Run the tests; workers that are forked do not inherit what this process watches."""
        self._is_parallel = isinstance(suite, ParallelTestSuite)
        return super().run_suite(suite, **kwargs)  # type: ignore[misc]

    def get_test_runner_kwargs(self) -> dict[str, Any]:
        """Give the text runner Django's class of results, or the project's, with records on top."""
        kwargs: dict[str, Any] = super().get_test_runner_kwargs()  # type: ignore[misc]
        base = kwargs.get("resultclass")
        kwargs["resultclass"] = result_class(self._collector, base, is_replay=self._is_parallel)
        return kwargs


class TelemetryTestRunner(TelemetryMixin, DiscoverRunner):  # type: ignore[misc]
    """Django's runner, with records."""


def main() -> int:
    """Run `manage.py test ...` with this runner, whatever the settings say."""
    words = sys.argv[1:]
    settings = [word for word in words if word.startswith("--settings")]
    rest = [word for word in words if word not in settings]
    if not rest:
        print("callbox: error: name manage.py: python -m callbox.telemetry.django manage.py test", file=sys.stderr)
        return 2
    sys.argv = [*rest, *settings, "--testrunner=callbox.telemetry.django.TelemetryTestRunner"]
    sys.path.insert(0, "")
    runpy.run_path(rest[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
