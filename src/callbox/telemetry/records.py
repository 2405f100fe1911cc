"""The record of a test: what it is, what it took, what it asked for; as JSON can hold it."""

from __future__ import annotations

import datetime as dt
import functools
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbox.telemetry.network import Call
    from callbox.telemetry.queries import QueryLog
    from callbox.telemetry.settings import TelemetrySettings
    from callbox.telemetry.spans import Span
    from callbox.telemetry.web.request import Request

SCHEMA_VERSION = 1
STATUSES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "crashed")
BAD = frozenset({"failed", "error", "crashed"})
TRACE = "trace"
"""Under this key a record carries spans to the process that exports them; it is never written."""
_READ_AFTER_MS = 1.0
_READ_EVERY_NS = 5_000_000
_last_read = [0, 0]
"""When the peak of memory was last asked for, and what it was."""
_inherited_kb: list[int] = []
"""The peak that this process had when it was first asked, if that is another's; 0 if it is its own."""
_PEAK_SLACK_KB = 1 << 12
"""The system's two ways to count differ by pages of each processor."""
_MAX_REQUESTS = 100
_MAX_SPANS = 1000
"""Of one test; of later ones only the number is kept."""
NO_QUERIES: dict[str, Any] = {
    "count": 0,
    "total_duration": 0.0,
    "slow_queries": [],
    "duplicate_queries": [],
    "query_types": {"SELECT": 0, "INSERT": 0, "UPDATE": 0, "DELETE": 0, "OTHER": 0},
    "avg_duration": 0,
    "max_duration": 0.0,
    "n_plus_one": [],
    "transactions": 0,
    "rows": 0,
    "by_phase": {"setup": 0, "call": 0, "teardown": 0},
    "by_fixture": {},
    "by_alias": {},
}
NO_CALLS: dict[str, Any] = {
    "count": 0,
    "total_duration": 0,
    "external_calls": [],
    "blocked_calls": [],
    "requests": [],
}
"""Both are what the records of most tests have in common, the same object in each.

What a log of queries says of none is written out: to import what reads them takes as long as many tests.
"""


@dataclass(slots=True)
class Identity:
    """Which test it is, in the words of its framework, but for secrets among its parameters.

    Not frozen: one is made for each test, and to make a frozen one takes three times as long.
    """

    id: str
    name: str
    class_name: str = ""
    module: str = ""
    file: str = ""
    line: int = 0
    tags: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Clean what names the parameters."""
        if "[" in self.id or "(" in self.id:
            self.id = _clean(self.id)
        if "[" in self.name or "(" in self.name:
            self.name = _clean(self.name)


def clean_id(test: str) -> str:
    """Return a test's id with markers in the place of secrets; without parameters it holds none."""
    return _clean(test) if "[" in test or "(" in test else test


def _clean_text(text: str) -> str:
    from callbox.telemetry.web.request import clean_text  # most tests pass, and have no parameters

    return clean_text(text)


_clean = functools.lru_cache(maxsize=1 << 8)(_clean_text)


class Running:
    """A test that runs.

    No dataclass: one begins with each test, and to make a dataclass takes twice as long.

    Attributes:
        identity: which test it is.
        started_s: since the epoch.
        started_ns: of the clock that measures durations.
        phase: the one that runs: "setup", "call" or "teardown".
        fixture: the one that runs; "" if none does.
        query_log: what it asked databases; None if it asked none.
        calls: its attempts to reach other machines.
        requests: those of HTTP that it made.
        spans: what it asked others for, where that is wanted.
        tries: outcomes of the times that it ran before, where a plugin runs failed tests again.
        phase_ns: when the phase that runs began; 0 where the framework has none.
        peak_kb: the most memory that the process had had when the test before ended.
    """

    __slots__ = (
        "calls",
        "fixture",
        "identity",
        "n_dropped_spans",
        "peak_kb",
        "phase",
        "phase_ns",
        "phases_ms",
        "query_log",
        "requests",
        "spans",
        "started_ns",
        "started_s",
        "tries",
    )

    def __init__(self, identity: Identity, phase: str, peak_kb: int) -> None:
        """Begin now."""
        self.identity = identity
        self.phase = phase
        self.peak_kb = peak_kb
        self.fixture = ""
        self.query_log: QueryLog | None = None
        self.calls: list[Call] = []
        self.requests: list[Request] = []
        self.spans: list[Span] = []
        self.tries: list[str] = []
        self.phases_ms: dict[str, float] = {}
        self.phase_ns = self.n_dropped_spans = 0
        self.started_s = time.time()
        self.started_ns = time.perf_counter_ns()

    @property
    def queries(self) -> QueryLog:
        """What it asks databases."""
        if self.query_log is None:
            from callbox.telemetry.queries import QueryLog

            self.query_log = QueryLog()
        return self.query_log

    def add_span(self, span: Span) -> None:
        """Keep a span, unless there are too many."""
        if len(self.spans) < _MAX_SPANS:
            self.spans.append(span)
        else:
            self.n_dropped_spans += 1

    def trace(self) -> dict[str, Any]:
        """Return what an export needs besides the record."""
        return {"started_ns": int(self.started_s * 1e9), "spans": self.spans, "dropped": self.n_dropped_spans}


def make_record(
    running: Running,
    status: str,
    error: str,
    coverage: Mapping[str, Any],
    settings: TelemetrySettings,
) -> dict[str, Any]:
    """Write the record of a test that ends now.

    Args:
        running: the test.
        status: one of `STATUSES`.
        error: of a test that did not pass: the last line of its traceback.
        coverage: the part that tells of lines.
        settings: with the thresholds for flags.
    """
    duration_ns = time.perf_counter_ns() - running.started_ns
    duration_ms = (duration_ns + 500) // 1000 / 1000  # sooner than `round` would
    identity = running.identity
    queries = running.query_log.as_record() if running.query_log else NO_QUERIES
    return {
        "schema_version": SCHEMA_VERSION,
        "id": identity.id,
        "name": identity.name,
        "class": identity.class_name,
        "module": identity.module,
        "file": identity.file,
        "line": identity.line,
        "status": status,
        "duration": duration_ms,
        "duration_ns": duration_ns,
        "start_time": _local_time(running.started_s),
        "end_time": _local_time(running.started_s + duration_ns / 1e9),
        "tags": identity.tags,
        "fixtures": identity.fixtures,
        "error": _clean_text(error) if error else "",
        "tries": (*running.tries, status),
        "phases": running.phases_ms,
        "database_queries": queries,
        "http_calls": _http_calls(running) if running.calls or running.requests else NO_CALLS,
        "performance": _performance(running, duration_ms, queries, settings),
        "coverage": coverage,
        "logs": [],
        "metadata": {},
    }


def peak_memory_kb(since_ms: float = _READ_AFTER_MS) -> int:
    """Return the most memory that the process has had; 0 where the system does not tell.

    To ask costs a busy system more than a short test: the answer to the last question holds for so long.

    Args:
        since_ms: what has passed since the memory may have begun to grow.
    """
    now_ns = time.perf_counter_ns()
    if since_ms >= _READ_AFTER_MS or now_ns - _last_read[0] >= _READ_EVERY_NS:
        _last_read[:] = now_ns, _peak_kb()
    return _last_read[1]


def _peak_kb() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.platform == "darwin":
        return peak // 1024
    if not _inherited_kb:
        # Linux hands on through exec what the process had that starts another.
        _inherited_kb.append(peak if peak > _own_peak_kb(peak) + _PEAK_SLACK_KB else 0)
    return _own_peak_kb(peak) if peak == _inherited_kb[0] else peak


def _own_peak_kb(otherwise: int) -> int:
    """Return the peak since exec, which takes twenty times as long to tell. Source: proc_pid_status(5)."""
    try:
        with open("/proc/self/status", "rb") as file:  # noqa: PTH123
            status = file.read()
        return int(status.partition(b"VmHWM:")[2].split(maxsplit=1)[0])
    except (OSError, IndexError, ValueError):
        return otherwise


def _local_time(seconds: float) -> str:
    t_us = int(seconds * 1e6 + 0.5)
    return f"{_local_second(t_us // 1_000_000)}.{t_us % 1_000_000:06d}"


@functools.lru_cache(maxsize=8)
def _local_second(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds).isoformat(timespec="seconds")


def _http_calls(running: Running) -> dict[str, Any]:
    calls, requests = running.calls, running.requests
    return {
        "count": len(calls),
        "total_duration": round(sum(request.duration_ns for request in requests) / 1e6, 3),
        "external_calls": [call.as_record() for call in calls if not call.is_blocked],
        "blocked_calls": [call.as_record() for call in calls if call.is_blocked],
        "requests": [request.as_record() for request in requests[:_MAX_REQUESTS]],
    }


def _performance(
    running: Running, duration_ms: float, queries: Mapping[str, Any], settings: TelemetrySettings
) -> dict[str, Any]:
    n_queries, is_blocked = queries["count"], any(call.is_blocked for call in running.calls) if running.calls else False
    flags = []
    if duration_ms > settings.slow_ms:
        flags.append("very_slow" if duration_ms > settings.very_slow_ms else "slow")
    if n_queries > settings.moderate_queries:
        flags.append("high_db_queries" if n_queries > settings.high_queries else "moderate_db_queries")
    if queries["n_plus_one"]:
        flags.append("potential_n_plus_1_queries")
    if is_blocked:
        flags.append("network_calls_blocked")
    if running.tries:
        flags.append("flaky")
    peak_kb = peak_memory_kb(duration_ms)
    return {
        "is_slow": duration_ms > settings.slow_ms,
        "is_db_heavy": n_queries > settings.moderate_queries,
        "is_network_heavy": bool(running.calls),
        "has_blocked_network_calls": is_blocked,
        "current_duration": duration_ms,
        "memory_peak_kb": peak_kb,
        "memory_growth_kb": peak_kb - running.peak_kb,
        "flags": flags,
    }
