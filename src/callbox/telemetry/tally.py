"""What the tests of a run come to: counts, percentiles, and what of each is kept."""

from __future__ import annotations

import time
from typing import Any

from callbox.telemetry.kept import KeptRows, KeptTest, Row, row_of
from callbox.telemetry.percentiles import Durations
from callbox.telemetry.records import BAD, SCHEMA_VERSION, STATUSES


class Tally:
    """Grows with each record of a run."""

    def __init__(self) -> None:
        self.rows = KeptRows()
        self._durations = Durations()
        self._counts = dict.fromkeys(STATUSES, 0)
        self._flaky: list[str] = []
        self._started_ns = time.perf_counter_ns()

    def add(self, record: dict[str, Any]) -> Row:
        """Count a record, tell it how long the tests so far took, and return what is kept of it."""
        durations = self._durations
        durations.add(record["duration"])
        performance = record["performance"]
        (
            performance["avg_duration"],
            performance["median_duration"],
            performance["p95_duration"],
            performance["p99_duration"],
        ) = durations.statistics()
        performance["total_tests_run"] = len(durations)
        row = row_of(record)
        self.rows.add(row)
        self._counts[record["status"]] += 1
        if len(record["tries"]) > 1:
            self._flaky.append(record["id"])
        return row

    def add_kept(self, test: KeptTest) -> None:
        """Count a test of which this is all that is known."""
        self._durations.add(test.duration_ms)
        self.rows.add(test)
        self._counts[test.status] += 1

    def summary(self, exit_code: int | None) -> dict[str, Any]:
        """Return the summary of the run, which ends now.

        Args:
            exit_code: of the framework; None where nobody knows it.
        """
        counts, durations = self._counts, self._durations
        return {
            "schema_version": SCHEMA_VERSION,
            "total_tests": len(durations),
            "passed_tests": counts["passed"] + counts["xpassed"] + counts["xfailed"],
            "failed_tests": sum(counts[status] for status in BAD),
            "skipped_tests": counts["skipped"],
            "exit_code": exit_code,
            "by_status": {status: n for status, n in counts.items() if n},
            "flaky": self._flaky,
            "duration": {
                "wall": round((time.perf_counter_ns() - self._started_ns) / 1e6, 3),
                "total": round(durations.total, 3),
                **dict(zip(("avg", "median", "p95", "p99"), durations.statistics(), strict=True)),
            },
        }
