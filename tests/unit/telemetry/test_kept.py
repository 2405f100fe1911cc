"""What is kept of tests."""

from __future__ import annotations

from callbox.telemetry.kept import KeptRows, KeptTest

PASSED = KeptTest("a", "passed", 1.5, 2, "a.py:1 f", 0, None, "")
FAILED = KeptTest("b", "failed", 0.5, 0, "", 1, 7, "why")


def test_rows_come_in_their_order_as_often_as_they_are_asked_for() -> None:
    rows = KeptRows()

    rows.add(PASSED)
    rows.add(tuple(FAILED))

    assert [KeptTest._make(row) for row in rows] == [PASSED, FAILED]
    assert list(rows) == [tuple(PASSED), tuple(FAILED)]


def test_no_rows_are_none() -> None:
    assert list(KeptRows()) == []
