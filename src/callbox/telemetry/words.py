"""A run as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from callbox.render.text import count
from callbox.telemetry.comparison import Regression, is_flaky
from callbox.telemetry.history import Run
from callbox.telemetry.kept import KeptTest
from callbox.telemetry.records import BAD

_MAX_ROWS = 10


def run_line(run: Run) -> str:
    """Return a run in one line."""
    summary = run.summary
    statuses = ", ".join(f"{n:,} {status}" for status, n in summary["by_status"].items()) or "none"
    total_ms = summary["duration"]["total"]
    killed = "; killed before its end" if summary["exit_code"] is None else ""
    tests = count(summary["total_tests"], "test")
    return f"run {run.id}  {run.started}  {tests}: {statuses}; {total_ms / 1000:,.2f} s{killed}"


def run_lines(run: Run, tests: Sequence[KeptTest], statuses: Mapping[str, list[str]]) -> Iterator[str]:
    """Return a run: what failed, what is flaky, what is slow, what asks databases most, and every N+1."""
    yield run_line(run)
    duration = run.summary["duration"]
    yield f"  median {duration['median']:,.1f} ms, 95% {duration['p95']:,.1f} ms, 99% {duration['p99']:,.1f} ms"
    flaky = [test for test, seen in statuses.items() if is_flaky(seen)]
    slowest = sorted(tests, key=lambda test: -test.duration_ms)
    asking = sorted((test for test in tests if test.n_queries), key=lambda test: -test.n_queries)
    yield from _table("not passed", [(test.status, f"{test.id}  {test.error}") for test in tests if test.status in BAD])
    yield from _table("flaky in the last runs", [("", test) for test in sorted(flaky)])
    yield from _table("slowest", [(f"{test.duration_ms:,.1f} ms", test.id) for test in slowest])
    yield from _table("most queries", [(f"{test.n_queries:,}", test.id) for test in asking])
    yield from _table("N+1", [(test.id, ", ".join(test.sites)) for test in tests if test.sites])
    yield from _table("blocked from the network", [(f"{test.n_blocked}", test.id) for test in tests if test.n_blocked])


def test_lines(run: Run, test: KeptTest, statuses: Sequence[str]) -> Iterator[str]:
    """Return what is kept of a test in a run, and how it ended in the runs up to that one."""
    yield f"{test.id}  {test.status} in run {run.id} of {run.started}"
    if test.error:
        yield f"  {test.error}"
    lines = "" if test.lines_covered is None else f", {count(test.lines_covered, 'line')}"
    queries = f"{test.n_queries:,} {'query' if test.n_queries == 1 else 'queries'}"
    yield f"  {test.duration_ms:,.1f} ms, {queries}, {test.n_blocked:,} blocked from the network{lines}"
    yield from (f"  N+1 at {site}" for site in test.sites)
    yield f"  the last runs: {', '.join(statuses)}"


def regression_lines(regressions: Sequence[Regression]) -> Iterator[str]:
    """Return what became worse, one line each."""
    width = max((len(each.kind) for each in regressions), default=0)
    for each in regressions:
        yield f"{each.kind:<{width}}  {each.test}  {each.text}"


def _table(title: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield title
    width = max(len(first) for first, _ in rows[:_MAX_ROWS])
    for first, second in rows[:_MAX_ROWS]:
        yield f"  {first:>{width}}  {second}".rstrip()
    if len(rows) > _MAX_ROWS:
        yield f"  … {len(rows) - _MAX_ROWS:,} more"
