"""Two runs side by side: which tests became worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from callbox.telemetry.history import FLAKY
from callbox.telemetry.kept import KeptTest
from callbox.telemetry.records import BAD

MIN_SLOWER_RATIO = 1.5
MIN_SLOWER_MS = 50.0
"""Slower is what takes half as long again and 50 ms more: less is noise."""
_MIN_FLIPS = 2


@dataclass(frozen=True, slots=True)
class Regression:
    """A test that became worse: in "outcome", "time", "queries", "n+1" or "coverage", and how."""

    test: str
    kind: str
    text: str


def find_regressions(before: Sequence[KeptTest], after: Sequence[KeptTest]) -> list[Regression]:
    """Return what became worse of the tests that both runs have, by kind."""
    known = {test.id: test for test in before}
    found = [each for test in after if test.id in known for each in _regressions(known[test.id], test)]
    return sorted(found, key=lambda each: (each.kind, each.test))


def is_flaky(statuses: Sequence[str]) -> bool:
    """Say whether a test went from good to bad and back, the other way around, or passed when it was tried again."""
    if FLAKY in statuses:
        return True
    bad = [status in BAD for status in statuses if status != "skipped"]
    return sum(a != b for a, b in pairwise(bad)) >= _MIN_FLIPS


def _regressions(before: KeptTest, after: KeptTest) -> Iterator[Regression]:
    is_newly_bad = after.status in BAD and before.status not in BAD
    if is_newly_bad:
        yield Regression(after.id, "outcome", f"{before.status} -> {after.status}: {after.error}")
    slower_ms = after.duration_ms - before.duration_ms
    is_slower = slower_ms > MIN_SLOWER_MS and after.duration_ms > MIN_SLOWER_RATIO * before.duration_ms
    if is_slower and not is_newly_bad:  # to fail takes its own time
        yield Regression(after.id, "time", f"{before.duration_ms:,.0f} -> {after.duration_ms:,.0f} ms")
    if after.n_queries > before.n_queries:
        yield Regression(after.id, "queries", f"{before.n_queries:,} -> {after.n_queries:,}")
    was, now = before.lines_covered, after.lines_covered
    if was is not None and now is not None and now < was and not is_newly_bad:
        yield Regression(after.id, "coverage", f"{was:,} -> {now:,} lines")
    # Lines move when code above them changes: functions are compared.
    known = {_function_of(site) for site in before.sites}
    new = [site for site in after.sites if _function_of(site) not in known]
    if new:
        yield Regression(after.id, "n+1", ", ".join(new))


def _function_of(site: str) -> tuple[str, str]:
    place, _, function = site.rpartition(" ")
    return place.rpartition(":")[0], function
