"""How many queries tests make, written and held to."""

from __future__ import annotations

import json

import pytest

from callbox.errors import FormatError
from callbox.telemetry.places import NOWHERE
from callbox.telemetry.queries import QueryLog
from callbox.telemetry.query_counts import QueryCounts


def log_of(n_queries) -> QueryLog:
    log = QueryLog()
    log.add("create table t", (), 1, alias="x", phase="setup", origin=NOWHERE)
    for number in range(n_queries):
        log.add("select a from t where id = ?", (number,), 1, alias="x", phase="call", origin=NOWHERE)
    return log


def record(test, n_queries, status="passed") -> dict:
    return {"id": test, "status": status, "database_queries": log_of(n_queries).as_record()}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "query_counts.json"
    path.write_text('{"version": 1, "counts": {"a": 2, "b": 1}}')
    return path


def test_more_queries_than_written_are_an_excess_and_as_many_are_none(path) -> None:
    counts = QueryCounts(path)

    assert counts.excess("a", log_of(3)) == "3 queries, 2 in query_counts.json; 3 of them: select a from t where id = ?"
    assert [counts.excess("a", log_of(2)), counts.excess("a", log_of(1)), counts.excess("new", log_of(9))] == [""] * 3


def test_update_writes_what_passed_in_order_of_names_and_holds_nothing_to_it(path) -> None:
    counts = QueryCounts(path, is_updating=True)

    assert counts.excess("a", log_of(9)) == ""
    for each in (record("é", 4), record("a", 9), record("b", 0), record("c", 7, "failed"), record("d", 0)):
        counts.note(each)
    counts.close()

    assert json.loads(path.read_text()) == {"version": 1, "counts": {"a": 9, "é": 4}}
    assert path.read_text().splitlines()[3:] == ['  "a": 9,', '  "\\u00e9": 4', " }", "}"]
    assert [file.name for file in path.parent.iterdir()] == ["query_counts.json"]


def test_run_of_some_tests_keeps_what_is_written_of_others(path) -> None:
    counts = QueryCounts(path, is_updating=True)

    counts.note(record("a", 5))
    counts.close()

    assert json.loads(path.read_text())["counts"] == {"a": 5, "b": 1}


def test_what_the_file_does_not_know_yet_is_told_at_the_end(path, capsys) -> None:
    counts = QueryCounts(path)

    for each in (record("a", 1), record("b", 1), record("c", 7), record("d", 0)):
        counts.note(each)
    counts.close()

    assert capsys.readouterr().err == (
        "callbox: query_counts.json: 1 test with fewer queries, 1 test with queries that it does not know: "
        "to keep what they make now, run with CALLBOX_TELEMETRY_UPDATE_QUERIES=1\n"
    )


def test_where_there_is_no_file_nothing_is_held_told_or_written(tmp_path, capsys) -> None:
    counts = QueryCounts(tmp_path / "query_counts.json")

    counts.note(record("a", 5))
    counts.close()

    assert (counts.excess("a", log_of(9)), capsys.readouterr().err, list(tmp_path.iterdir())) == ("", "", [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"counts": {}}', "cannot be read"),
        ('{"version": 1, "counts": []}', "cannot be read"),
        ('{"version": 1, "counts": {"a": "x"}}', "cannot be read"),
        ('{"version": 2, "counts": {}}', "is of version 2, this callbox reads 1"),
        ('{"version": 2, "tests": {}}', "is of version 2, this callbox reads 1"),
    ],
)
def test_file_that_cannot_be_read_is_refused(path, text, why) -> None:
    path.write_text(text)

    with pytest.raises(FormatError, match=rf"query_counts\.json {why}"):
        QueryCounts(path)
