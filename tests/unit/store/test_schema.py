"""What marks a store's kind."""

from __future__ import annotations

from callbox.store import Schema


def test_kinds_have_different_marks_that_sqlite_can_hold() -> None:
    marks = {Schema(name, 1, ()).application_id for name in ("calls", "bench", "tests")}

    assert len(marks) == 3
    assert all(0 < mark < 1 << 31 for mark in marks)
