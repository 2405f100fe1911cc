"""Journals: what they say, who takes them."""

from __future__ import annotations

import datetime as dt
import os

import pytest

from callbox.telemetry.journal import Account, Journal, journal_folder, left_behind, open_journal
from callbox.telemetry.kept import KeptTest

NOW = dt.datetime(2026, 1, 2, 3, 4, 5)
TEST = KeptTest("a\udc80\n", "passed", 1.5, 2, "a.py:1 f", 0, 7, "")


@pytest.fixture
def store(tmp_path) -> str:
    return str(tmp_path / "x" / "telemetry.db")


@pytest.fixture
def journal(store) -> Journal:
    journal = open_journal(store, NOW)
    assert journal is not None
    yield journal
    journal.close()


def test_account_tells_what_ended_and_what_goes_on(journal) -> None:
    journal.begin(TEST.id)
    journal.begin("b")
    journal.end(TEST)
    journal.begin("c")
    journal.end_elsewhere({"id": "c", "status": "passed"})

    account = Account(journal.path)
    account.read_on()

    assert account.started == "2026-01-02T03:04:05"
    assert account.ended == {TEST.id: TEST}
    assert account.running == {"b": os.getpid()}
    assert account.records == {"c": (os.getpid(), {"id": "c", "status": "passed"})}


def test_line_that_is_not_whole_is_read_when_it_is(journal) -> None:
    account = Account(journal.path)
    with journal.path.open("a") as file:
        file.write('["begun","a",1]\nnonsense\n["begun","b"')
    account.read_on()
    first = dict(account.running)
    with journal.path.open("a") as file:
        file.write(",2]\n")
    account.read_on()

    assert (first, account.running) == ({"a": 1}, {"a": 1, "b": 2})


def test_journal_of_this_process_is_not_taken(journal, store) -> None:
    with left_behind(store) as found:
        assert found == []

    assert journal.path.exists()


def test_journal_of_an_ended_process_is_taken_by_one(store) -> None:
    child = os.fork()
    if child == 0:
        open_journal(store, NOW).begin("a")
        os._exit(0)
    os.waitpid(child, 0)

    with left_behind(store) as found:
        (path, account) = found[0]
        path.unlink()
    with left_behind(store) as nothing:
        assert nothing == []

    assert account.running == {"a": child}


def test_forked_process_writes_nothing(journal) -> None:
    child = os.fork()
    if child == 0:
        journal.begin("a")
        os._exit(0)
    os.waitpid(child, 0)

    account = Account(journal.path)
    account.read_on()

    assert account.running == {}


def test_journal_that_is_discarded_leaves_nothing(journal, store) -> None:
    journal.discard()
    journal.begin("a")

    assert not journal_folder(store).exists()


def test_store_that_cannot_be_written_has_no_journal() -> None:
    assert open_journal("/proc/telemetry.db", NOW) is None
