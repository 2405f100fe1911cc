"""A deferred collection reads its one thing anew each time, and keeps nothing."""

from __future__ import annotations

from callbox.recording.deferred import Deferred


def test_each_iteration_reads_anew() -> None:
    lines = iter(["first", "second"])
    deferred = Deferred(lambda: next(lines))

    assert [*deferred, *deferred] == ["first", "second"]


def test_length_is_known_without_a_reading() -> None:
    deferred = Deferred(lambda: 1 // 0)

    assert len(deferred) == 1


def test_contains_what_it_reads() -> None:
    assert "text" in Deferred(lambda: "text")
