"""One record for each test, whichever framework runs it."""

from __future__ import annotations

import contextlib
import datetime as dt
import resource
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from callbox.store.project import find_store
from callbox.telemetry.history import FILE_NAME, KeptTest, keep_run
from callbox.telemetry.lines import OFF, LineCoverage
from callbox.telemetry.network import Call, NetworkGuard
from callbox.telemetry.percentiles import Durations
from callbox.telemetry.queries import QueryLog
from callbox.telemetry.settings import TelemetrySettings
from callbox.telemetry.sink import RESULT, SUMMARY, Sink

if TYPE_CHECKING:
    from callbox.telemetry.database import Watchers

SCHEMA_VERSION = 1
STATUSES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "crashed")
BAD = frozenset({"failed", "error", "crashed"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Which test it is, in the words of its framework."""

    id: str
    name: str
    class_name: str = ""
    module: str = ""
    file: str = ""
    line: int = 0
    tags: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()


@dataclass
class Running:
    """A test that runs."""

    identity: Identity
    started: dt.datetime
    started_ns: int
    queries: QueryLog = field(default_factory=QueryLog)
    calls: list[Call] = field(default_factory=list)
    phase: str = "call"
    phases_ns: dict[str, int] = field(default_factory=dict)


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
        self, settings: TelemetrySettings, sink: Target | None = None, *, lines: LineCoverage | None = None
    ) -> None:
        self.settings = settings
        self._lines = lines or LineCoverage()
        self._sink: Target = sink or Sink(settings.output)
        self._durations = Durations()
        self._counts = dict.fromkeys(STATUSES, 0)
        self._started = dt.datetime.now()
        self._started_ns = time.perf_counter_ns()
        self._kept: list[KeptTest] = []
        self._store = settings.store or str(find_store(FILE_NAME))  # tests may change the working folder
        self._running: Running | None = None
        self._lock = threading.Lock()
        self._watchers: Watchers | None = None
        self.guard = NetworkGuard(settings.network, settings.allowed_hosts)
        self.guard.on_call = self._note_call

    @contextlib.contextmanager
    def installed(self) -> Iterator[Collector]:
        """Watch the network and the databases as long as the context lasts."""
        from callbox.telemetry.database import watch_databases

        self.guard.install()
        if self.settings.coverage:
            self._lines.start()
        try:
            with watch_databases(self.note_query) as self._watchers:
                yield self
        finally:
            self._watchers = None
            self._lines.stop()
            self.guard.uninstall()

    def begin(self, identity: Identity, phase: str = "call") -> None:
        """Begin a test."""
        if self._watchers is not None:
            self._watchers.attach()
        self._running = Running(identity, dt.datetime.now(), time.perf_counter_ns(), phase=phase)
        self.guard.is_exempt = "allow_network" in identity.tags
        self._lines.begin(identity.id)

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what happens to a phase: "setup", "call" or "teardown"."""
        running = self._running
        if running is None:
            yield
            return
        before, running.phase = running.phase, name
        began_ns = time.perf_counter_ns()
        try:
            yield
        finally:
            running.phases_ns[name] = running.phases_ns.get(name, 0) + time.perf_counter_ns() - began_ns
            running.phase = before

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

        The call is held to it, which has just ended; where a framework has no phases, all since the test began.

        Args:
            max_queries: the number that the test has of its own.
        """
        running, budget = self._running, self.settings.budget
        if running is None:
            return ""
        if max_queries is not None:
            budget = budget.with_queries(max_queries)
        duration_ns = running.phases_ns.get("call", time.perf_counter_ns() - running.started_ns)
        return budget.excess(running.queries, duration_ns)

    def end(self, status: str, *, error: str = "", metadata: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """End the test that runs, and write its record.

        Args:
            status: one of `STATUSES`.
            error: of a test that did not pass: the last line of its traceback.
            metadata: what its framework adds.

        Returns:
            The record; None if no test runs.
        """
        running, self._running = self._running, None
        self.guard.is_exempt = False
        if running is None:
            return None
        record = self._record(running, status, error, metadata or {})
        self.write(record)
        return record

    def write(self, record: dict[str, Any]) -> None:
        """Count a record, which may come from another process, and write it with the percentiles so far."""
        self._counts[record["status"]] += 1
        self._durations.add(record["duration"])
        record["performance"].update(
            avg_duration=round(self._durations.mean, 3),
            median_duration=round(self._durations.median, 3),
            p95_duration=self._durations.percentile(95),
            p99_duration=self._durations.percentile(99),
            total_tests_run=len(self._durations),
        )
        self._kept.append(KeptTest.of(record))
        self._sink.write(RESULT, record)

    def finish(self, exit_code: int) -> dict[str, Any]:
        """Write the summary, and return it."""
        counts = self._counts
        summary = {
            "schema_version": SCHEMA_VERSION,
            "total_tests": len(self._durations),
            "passed_tests": counts["passed"] + counts["xpassed"] + counts["xfailed"],
            "failed_tests": sum(counts[status] for status in BAD),
            "skipped_tests": counts["skipped"],
            "exit_code": int(exit_code),
            "by_status": {status: n for status, n in counts.items() if n},
            "duration": {
                "wall": round((time.perf_counter_ns() - self._started_ns) / 1e6, 3),
                "total": round(self._durations.mean * len(self._durations), 3),
                "avg": round(self._durations.mean, 3),
                "median": round(self._durations.median, 3),
                "p95": self._durations.percentile(95),
                "p99": self._durations.percentile(99),
            },
        }
        self._sink.write(SUMMARY, summary)
        self._sink.close()
        if self._store != OFF:
            keep_run(self._store, self._started, summary, self._kept)
        return summary

    def note_query(self, sql: str, parameters: Any, duration_ns: int, **about: Any) -> None:
        """Count a query to the test that runs; between tests to none."""
        running = self._running
        if running is not None:
            with self._lock:
                running.queries.add(sql, parameters, duration_ns, phase=running.phase, **about)

    def _note_call(self, call: Call) -> None:
        running = self._running
        if running is not None:
            with self._lock:
                running.calls.append(call)

    def _record(self, running: Running, status: str, error: str, metadata: dict[str, Any]) -> dict[str, Any]:
        duration_ns = time.perf_counter_ns() - running.started_ns
        identity = running.identity
        coverage = self._lines.end(identity.id)
        queries = running.queries.as_record()
        blocked = [call.as_record() for call in running.calls if call.is_blocked]
        reached = [call.as_record() for call in running.calls if not call.is_blocked]
        return {
            "schema_version": SCHEMA_VERSION,
            "id": identity.id,
            "name": identity.name,
            "class": identity.class_name,
            "module": identity.module,
            "file": identity.file,
            "line": identity.line,
            "status": status,
            "duration": round(duration_ns / 1e6, 3),
            "duration_ns": duration_ns,
            "start_time": running.started.isoformat(),
            "end_time": (running.started + dt.timedelta(microseconds=duration_ns / 1000)).isoformat(),
            "tags": list(identity.tags),
            "fixtures": list(identity.fixtures),
            "error": error,
            "phases": {name: round(ns / 1e6, 3) for name, ns in running.phases_ns.items()},
            "database_queries": queries,
            "http_calls": {
                "count": len(running.calls),
                "total_duration": 0,
                "external_calls": reached,
                "blocked_calls": blocked,
            },
            "performance": self._performance(duration_ns / 1e6, queries, len(running.calls), len(blocked)),
            "coverage": coverage,
            "logs": [],
            "metadata": metadata,
        }

    def _performance(self, duration_ms: float, queries: dict[str, Any], n_calls: int, n_blocked: int) -> dict[str, Any]:
        settings = self.settings
        flags = {
            "very_slow": duration_ms > settings.very_slow_ms,
            "slow": settings.slow_ms < duration_ms <= settings.very_slow_ms,
            "high_db_queries": queries["count"] > settings.high_queries,
            "moderate_db_queries": settings.moderate_queries < queries["count"] <= settings.high_queries,
            "potential_n_plus_1_queries": bool(queries["n_plus_one"]),
            "network_calls_blocked": bool(n_blocked),
        }
        return {
            "is_slow": duration_ms > settings.slow_ms,
            "is_db_heavy": queries["count"] > settings.moderate_queries,
            "is_network_heavy": n_calls > 0,
            "has_blocked_network_calls": bool(n_blocked),
            "current_duration": round(duration_ms, 3),
            "memory_peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "flags": [name for name, is_set in flags.items() if is_set],
        }
