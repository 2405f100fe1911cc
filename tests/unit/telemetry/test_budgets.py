"""What a test may cost."""

from __future__ import annotations

import pytest

from callbox.telemetry.budgets import Budget
from callbox.telemetry.places import NOWHERE
from callbox.telemetry.queries import QueryLog


@pytest.fixture
def log() -> QueryLog:
    log = QueryLog()
    for phase, sql in [("setup", "select 1"), ("call", "begin"), ("call", "select 2"), ("call", "commit")]:
        log.add(sql, (), 1, alias="x", phase=phase, origin=NOWHERE)
    return log


def test_queries_of_the_call_count_without_fixtures_and_transactions(log) -> None:
    assert Budget(max_queries=1).excess(log, 0) == ""
    assert Budget(max_queries=0).excess(log, 0) == "over budget: 1 query, 0 allowed; 1 of them: select ?"


def test_number_of_its_own_replaces_the_common_one(log) -> None:
    assert Budget(max_queries=0).with_queries(1).excess(log, 0) == ""


def test_time_is_held_to_the_limit(log) -> None:
    assert Budget(max_duration_ms=2).excess(log, 2_000_000) == ""
    assert Budget(max_duration_ms=2).excess(log, 3_000_000) == "over budget: 3.0 ms, 2 ms allowed"
