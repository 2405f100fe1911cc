"""What waits to be written: first failures at once, repeats counted."""

from __future__ import annotations

import pytest

from callbox.failures.dump import KIND
from callbox.failures.model import Failure, Passed
from callbox.failures.spool import Spool
from callbox.store import Store


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spool(history, clock) -> Spool:
    return Spool(history, n_in_full=2, monotonic=clock)


def fail(spool, n, kind="k") -> None:
    for number in range(n):
        spool.add(Failure(f"{kind}{number}", 1e12 + number, "t", fingerprint=kind))


def test_first_of_a_kind_are_written_at_once(spool, history) -> None:
    fail(spool, 1)

    assert [found.id for found in history.failures()] == ["k0"]


def test_repeats_are_counted_and_written_once_a_second(spool, history, clock) -> None:
    fail(spool, 100)
    assert history.groups()[0].n == 2

    clock.now = 1.0
    fail(spool, 1)

    assert history.groups()[0].n == 101
    assert len(history.failures()) == 2


def test_every_dump_is_written_at_once(spool, history) -> None:
    fail(spool, 12, kind=KIND)

    assert [found.id for found in history.failures()] == [f"dump{number}" for number in range(11, 1, -1)]


def test_failure_amid_a_write_of_the_same_thread_is_written_after_it(spool, history, monkeypatch) -> None:
    prepare = Store._prepare

    def fail_and_prepare(self, connection):
        monkeypatch.undo()
        prepare(self, connection)
        connection.execute("BEGIN IMMEDIATE")
        fail(spool, 1, kind="signal")  # waiting for the lock, it would wait for ever
        connection.execute("COMMIT")

    monkeypatch.setattr(Store, "_prepare", fail_and_prepare)
    fail(spool, 1)

    assert sorted(found.id for found in history.failures()) == ["k0", "signal0"]
    assert spool.problem == ""


def test_flush_writes_what_waits(spool, history) -> None:
    fail(spool, 5)
    spool.add_passed(Passed("p", 1e12))
    spool.flush()

    assert (history.groups()[0].n, len(history.passed())) == (5, 1)


def test_damaged_store_is_a_problem_and_no_error(spool, history) -> None:
    history.path.parent.mkdir(parents=True)
    history.path.write_bytes(b"no database at all, but long enough to be looked at" * 50)

    fail(spool, 1)

    assert "no store" in spool.problem
