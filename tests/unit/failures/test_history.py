"""The store of failures: counted by kind, bounded by number, size and age."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest

from callbox.failures.history import Bounds, History, find_path
from callbox.failures.model import Failure, Passed, Raised

NOW = 1_000_000.0


def failure(number, *, kind="k", timestamp=None, text="") -> Failure:
    moment = NOW + number if timestamp is None else timestamp
    return Failure(f"id{number}", moment, "test", fingerprint=kind, exception=Raised("ValueError", text))


@pytest.fixture
def bounded(tmp_path):
    """Make a store with bounds; it is closed after the test."""
    made = []

    def make(**bounds) -> History:
        made.append(History(tmp_path / "f.db", Bounds(**bounds), clock=lambda: NOW))
        return made[-1]

    yield make
    for history in made:
        history.close()


def test_failures_are_counted_by_kind_and_read_back_newest_first(bounded) -> None:
    history = bounded()
    history.add([failure(1), failure(2), failure(3, kind="other", text="bad")])

    assert [found.id for found in history.failures()] == ["id3", "id2", "id1"]
    assert [(group.fingerprint, group.n) for group in history.groups()] == [("other", 1), ("k", 2)]
    assert history.groups()[0].summary == "ValueError: bad"
    assert history.failures(limit=1) == [failure(3, kind="other", text="bad")]


def test_repeats_are_counted_without_being_kept(bounded) -> None:
    history = bounded()
    history.add([failure(1)])
    history.add([], {"k": (41, NOW + 50)})

    [group] = history.groups()
    assert (group.n, group.last, len(history.failures())) == (42, NOW + 50, 1)


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [
        ({"max_per_kind": 2}, ["id9", "id4", "id3"]),
        ({"max_failures": 3}, ["id9", "id4", "id3"]),
        ({"max_bytes": 1}, ["id9"]),
    ],
)
def test_oldest_go_beyond_the_bounds(bounded, bounds, kept) -> None:
    history = bounded(**bounds)
    history.add([failure(n) for n in range(5)] + [failure(9, kind="other")])

    assert [found.id for found in history.failures()] == kept
    assert sum(group.n for group in history.groups()) == 6


def test_old_ones_go(bounded) -> None:
    history = bounded(max_age_s=10.0)
    history.add([failure(1, kind="old", timestamp=NOW - 11), failure(2)])

    assert [group.fingerprint for group in history.groups()] == ["k"]


def test_passed_calls_are_bounded_by_name(bounded) -> None:
    history = bounded(max_passed_per_name=2)
    history.add_passed([Passed("a", NOW + n) for n in range(4)] + [Passed("b", NOW)])

    assert [passed.timestamp for passed in history.passed("a")] == [NOW + 3, NOW + 2]
    assert len(history.passed()) == 3


def test_failure_is_found_by_the_beginning_of_its_id_or_kind(bounded) -> None:
    history = bounded()
    history.add([failure(1, kind="abc"), failure(2, kind="def")])

    assert [found.id for found in history.find("id1")] == ["id1"]
    assert [found.id for found in history.find("de")] == ["id2"]
    assert history.find("%") == []


def test_clear_forgets_and_counts(bounded) -> None:
    history = bounded()
    assert history.clear() == 0

    history.add([failure(1), failure(2)])

    assert (history.clear(), history.groups(), history.failures()) == (2, [], [])


WRITER = """
import sys
from callbox.failures.history import Bounds, History
from callbox.failures.model import Failure
history = History(sys.argv[1], Bounds(max_age_s=1e18))
for n in range(25):
    history.add([Failure(f"{sys.argv[2]}-{n}", 1.0, "t", fingerprint="k")])
    if n % 10 == 9:
        history.clear()
history.add([Failure(f"{sys.argv[2]}-end", 2.0, "t", fingerprint=sys.argv[2])])
"""


def test_processes_write_and_clear_at_once(tmp_path) -> None:
    path = tmp_path / "f.db"
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "ab"]

    codes = [process.wait(60) for process in processes]

    assert codes == [0, 0]
    with contextlib.closing(History(path)) as history:
        kinds = {group.fingerprint for group in history.groups()}
    assert kinds & {"a", "b"}


def test_store_lies_beside_the_nearest_project_file(tmp_path) -> None:
    (tmp_path / "pyproject.toml").touch()
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)

    assert find_path(inner, {}) == tmp_path / ".callbox" / "failures.db"
    (tmp_path / "a" / ".callbox").mkdir()
    assert find_path(inner, {}) == tmp_path / "a" / ".callbox" / "failures.db"
    assert str(find_path(inner, {"CALLBOX_FAILURES_STORE": "x.db"})) == "x.db"


def test_text_that_is_no_unicode_is_kept_as_well_as_can_be(bounded) -> None:
    history = bounded()
    history.add([failure(1, text="bad \ud800")])

    assert history.failures()[0].exception.message == "bad ?"
