"""One record for each test, whichever framework runs it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from callbox import boarding
from callbox.telemetry import start  # noqa: F401  which looks where the run begins
from callbox.telemetry.budgets import Budget
from callbox.telemetry.children import Children
from callbox.telemetry.closing import Closing
from callbox.telemetry.journal import Journal
from callbox.telemetry.kept import row_of
from callbox.telemetry.lines import LineCoverage
from callbox.telemetry.network import Call, NetworkGuard
from callbox.telemetry.query_counts import QueryCounts
from callbox.telemetry.records import BAD, TRACE, Identity, Running, clean_id, make_record, peak_memory_kb
from callbox.telemetry.settings import TelemetrySettings
from callbox.telemetry.sink import RESULT, SUMMARY, Sink
from callbox.telemetry.tally import Tally
from callbox.telemetry.web import RequestWatchers

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers
    from callbox.telemetry.web.request import Request

__all__ = ["BAD", "Collector", "Identity", "Target"]


class Target(Protocol):
    """Where records go."""

    def write(self, prefix: str, record: dict[str, Any]) -> None:
        """Take a record."""

    def close(self) -> None:
        """Take no more."""


class Collector:
    """Collects what tests do, and writes a line for each that ends.

    A test begins, passes through phases, and ends; what happens between is counted to it.
    """

    def __init__(
        self,
        settings: TelemetrySettings,
        sink: Target | None = None,
        *,
        lines: LineCoverage | None = None,
        is_worker: bool = False,
        journal: Journal | None = None,
    ) -> None:
        """Prepare.

        Args:
            settings: of the run.
            sink: where records go; what the settings say by default.
            lines: what measures lines.
            is_worker: another process counts the records, keeps the run and ends it.
            journal: of that process, where tests that begin are noted in case this one is killed.
        """
        self.settings = settings
        self._lines = lines or LineCoverage()
        self._sink: Target = sink or Sink(settings.output)
        self._is_worker = is_worker
        self._closing = None if is_worker else Closing(settings)
        self.journal = journal if self._closing is None else self._closing.journal
        """Where tests that begin are noted in case a process is killed; None where no run is kept."""
        self._tally = Tally()
        self._query_counts = QueryCounts(is_updating=settings.update_queries)
        self.is_limited = settings.budget != Budget() or self._query_counts.holds_tests
        """Whether tests are held to a budget, besides those that have one of their own."""
        self._running: Running | None = None
        self._lock = threading.Lock()
        self._process_id = os.getpid()
        self._peak_kb = peak_memory_kb()
        self._watchers: Watchers | None = None
        self._n_modules = 0
        """How many were loaded when libraries were last looked for."""
        self._requests = RequestWatchers(self._note_request)
        self.guard = NetworkGuard(settings.network, settings.allowed_hosts)
        self.guard.on_call = self._note_call
        self._children = Children(settings.network, settings.allowed_hosts)

    @contextlib.contextmanager
    def installed(self) -> Iterator[Collector]:
        """Watch the network and the databases as long as the context lasts."""
        from callbox.telemetry.database import watch_databases

        self.guard.install()
        self._children.install()
        if self.settings.coverage:
            self._lines.start()
        try:
            with watch_databases(self.note_query) as self._watchers:
                self._watchers.is_idle = True
                yield self
        finally:
            self._watchers = None
            self._requests.detach()
            self._lines.stop()
            self._children.uninstall()
            self.guard.uninstall()

    def begin(self, identity: Identity, phase: str = "call") -> None:
        """Begin a test."""
        if self._watchers is not None:
            self._watchers.is_idle = False
            if len(sys.modules) != self._n_modules:
                self._n_modules = len(sys.modules)
                self._watchers.attach()
                self._requests.attach()
        if self.journal is not None:
            self.journal.begin(identity.id)
        if self.guard.is_way_in_touched:
            boarding.renew()
            self.guard.is_way_in_touched = False  # by `renew`, which sets them too
        self._running = Running(identity, phase, self._peak_kb)
        if "allow_network" in identity.tags:
            self._exempt(True)
        self._lines.begin(identity.id)

    def announce(self, test: str) -> None:
        """Note that a test begins in a worker: if nothing more is heard of it, it has crashed."""
        if self.journal is not None:
            self.journal.begin(clean_id(test))

    def expect(self, record: dict[str, Any]) -> None:
        """Note that a test has ended in a worker; its record will be written later."""
        if self.journal is not None:
            self.journal.end(row_of(record))

    def begin_again(self, status: str) -> None:
        """Say that the test that runs has ended so, and is tried once more."""
        if self._running is not None:
            self._running.tries.append(status)
            self._lines.begin(self._running.identity.id)

    def enter(self, phase: str) -> None:
        """Count what happens from now on to a phase: "setup", "call" or "teardown"."""
        if self._running is not None:
            self._running.phase = phase

    def enter_limited(self) -> None:
        """Begin a call that is held to a budget."""
        if self._running is not None:
            self._running.phase = "call"
            self._running.phase_ns = time.perf_counter_ns()

    def end_phase(self, phase: str, duration_s: float, following: str) -> None:
        """Note how long a phase took, and count what follows to another."""
        running = self._running
        if running is not None:
            running.phases_ms[phase] = int(duration_s * 1e6 + 0.5) / 1000
            running.phase = following

    def enter_fixture(self, name: str) -> str:
        """Count queries to a fixture from now on, "" for none; return the one that they were counted to."""
        if self._running is None:
            return ""
        before, self._running.fixture = self._running.fixture, name
        return before

    def properties(self) -> list[tuple[str, object]]:
        """Return what reports of other tools can show of the test that runs, by name."""
        if self._running is None:
            return []
        queries = self._running.queries.as_record()
        return [
            ("callbox.queries", queries["count"]),
            ("callbox.queries_ms", queries["total_duration"]),
            ("callbox.n_plus_one", ", ".join(found["site"] for found in queries["n_plus_one"])),
            ("callbox.network_blocked", sum(call.is_blocked for call in self._running.calls)),
        ]

    def excess(self, max_queries: int | None = None) -> str:
        """Say by how much the test that runs is over its budget; "" if it is not.

        The phase that runs is held to it, the call; where a framework has no phases, all since the test began.

        Args:
            max_queries: the number that the test has of its own.
        """
        running, budget = self._running, self.settings.budget
        if running is None or not (self.is_limited or max_queries is not None):
            return ""
        if max_queries is not None:
            budget = budget.with_queries(max_queries)
        duration_ns = time.perf_counter_ns() - (running.phase_ns or running.started_ns)
        excess = budget.excess(running.queries, duration_ns)
        return excess or self._query_counts.excess(running.identity.id, running.queries)

    def end(self, status: str, *, error: str = "") -> dict[str, Any] | None:
        """End the test that runs, and write its record.

        Args:
            status: one of `STATUSES`.
            error: of a test that did not pass: the last line of its traceback.

        Returns:
            The record; None if no test runs, or in a process that a test has forked.
        """
        record = self.preview(status, error=error)
        self._running = None
        if self._watchers is not None:
            self._watchers.is_idle = True
        if self.guard.is_exempt:
            self._exempt(False)
        if record is not None:
            self._peak_kb = record["performance"]["memory_peak_kb"]
            self.write(record)
        return record

    def preview(self, status: str, *, error: str = "") -> dict[str, Any] | None:
        """Return the record of the test that runs as it is if it ends now, and write nothing."""
        running = self._running
        if running is None or os.getpid() != self._process_id:
            return None
        running.calls += map(Call.of_child, self._children.heard())
        record = make_record(running, status, error, self._lines.end(running.identity.id), self.settings)
        if self.settings.otlp:
            record[TRACE] = running.trace()
        return record

    def write(self, record: dict[str, Any]) -> None:
        """Count a record, which may come from another process, and write it with the percentiles so far."""
        if not self._is_worker:
            row = self._tally.add(record)
            if self.journal is not None:
                self.journal.end(row)
            self._query_counts.note(record)
            trace = record.pop(TRACE, None)
            if trace is not None and self._closing is not None:
                self._closing.add_trace(record, trace)
        self._sink.write(RESULT, record)

    def finish(self, exit_code: int) -> dict[str, Any]:
        """Write the summary and what else was asked for, keep the run, and return the summary."""
        summary = self._tally.summary(int(exit_code))
        if os.getpid() != self._process_id:
            return summary
        self._sink.write(SUMMARY, summary)
        self._sink.close()
        self._query_counts.close()
        if self._closing is not None:
            self._closing.close(summary, self._tally.rows)
        return summary

    def abandon(self) -> None:
        """End without a summary, and keep nothing of a run that has had no test."""
        self._sink.close()
        if self._closing is not None and self.journal is not None and not any(self._tally.rows):
            self.journal.discard()

    def note_query(self, sql: str, parameters: Any, duration_ns: int, **about: Any) -> None:
        """Count a query to the test that runs; between tests to none."""
        running = self._running
        if running is not None:
            with self._lock:
                about.setdefault("fixture", running.fixture)
                running.queries.add(sql, parameters, duration_ns, phase=running.phase, **about)
                if self.settings.otlp:
                    from callbox.telemetry.spans import query_span

                    running.add_span(query_span(running.queries.queries[-1]))

    def _note_request(self, request: Request) -> None:
        running = self._running
        if running is not None:
            with self._lock:
                running.requests.append(request)
                if self.settings.otlp:
                    from callbox.telemetry.spans import request_span

                    running.add_span(request_span(request))

    def _exempt(self, is_exempt: bool) -> None:
        """Let what runs, and the processes that it starts, reach other machines, or no more."""
        self.guard.is_exempt = is_exempt
        self._children.let_in(is_exempt=is_exempt)

    def _note_call(self, call: Call) -> None:
        running = self._running
        if os.getpid() != self._process_id:
            self._children.tell(call)
            return
        if running is not None:
            with self._lock:
                running.calls.append(call)
