"""The queries of a test as its record tells them."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, defaultdict
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.metaclasses import Guarded

from callbox.telemetry.places import Origin
from callbox.telemetry.queries import QueryLog, hash_values
from callbox.telemetry.sql import shape_of

exec(compile("\n" * 6 + "def listing(): ...", "shop/views.py", "exec"))
HERE = Origin(((locals()["listing"].__code__, 0),))


def log_of(*statements) -> QueryLog:
    log = QueryLog()
    for sql, parameters in statements:
        log.add(sql, parameters, 1_000_000, alias="default", phase="call", origin=HERE)
    return log


GET = "SELECT name FROM author WHERE id = %s LIMIT 21"


def test_record_counts_kinds_durations_and_duplicates() -> None:
    record = log_of((GET, (1,)), (GET, (1,)), (GET, (2,)), ("UPDATE a SET b = 1", ()), ("COMMIT", ())).as_record()

    assert (record["count"], record["transactions"], record["total_duration"]) == (4, 1, 4.0)
    assert record["query_types"] == {"SELECT": 3, "INSERT": 0, "UPDATE": 1, "DELETE": 0, "OTHER": 0}
    template = "SELECT name FROM author WHERE id = ? LIMIT ?"
    assert record["duplicate_queries"] == [{"sql": template, "count": 3, "identical": 1}]


def test_slow_query_is_shown_without_its_values() -> None:
    log = QueryLog()
    log.add("SELECT 1 FROM a WHERE token = 'secret'", (), 200_000_000, alias="default", phase="call", origin=HERE)

    (slow,) = log.as_record()["slow_queries"]

    assert slow == {
        "sql": "SELECT ? FROM a WHERE token = ?",
        "time": 0.2,
        "duration": 200.0,
        "path": ["shop/views.py:7 listing"],
    }


ATOMS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=2), st.dates())
PLANNED = (
    "SELECT 1 FROM a WHERE b = %s AND c IN (%s, 7) LIMIT 3",
    "SELECT count(*) FROM a WHERE b > ? AND b < ? AND c = 'x'",
    "INSERT INTO a VALUES (?, ?)",
)


@given(st.sampled_from(PLANNED), st.lists(st.tuples(ATOMS, ATOMS), min_size=2, max_size=2))
def test_values_that_are_told_apart_by_a_plan_are_those_that_differ_one_by_one(sql, parameters) -> None:
    shape = shape_of(sql)
    slow = dataclasses.replace(shape, plan=None)

    planned = [hash_values(given, shape) for given in parameters]
    looked_at = [hash_values(given, slow) for given in parameters]

    assert shape.plan is not None
    assert [a == b for a, b in zip(*planned, strict=True)] == [a == b for a, b in zip(*looked_at, strict=True)]


class Stranger:
    def __hash__(self) -> int:
        raise AssertionError("no code of a parameter runs")

    def __repr__(self) -> str:
        raise AssertionError("no code of a parameter runs")


def test_parameter_of_any_class_is_left_in_peace() -> None:
    assert log_of((GET, (Stranger(),))).as_record()["count"] == 1


@pytest.mark.parametrize(
    ("statements", "n_transactions"),
    [
        (["BEGIN", "COMMIT"], 1),
        (["begin immediate", "rollback"], 1),
        (["SAVEPOINT a", "RELEASE SAVEPOINT a", "COMMIT"], 2),
        (["SAVEPOINT a", "ROLLBACK TO SAVEPOINT a", "END TRANSACTION"], 2),
        (['SAVEPOINT "s1_x1"', 'RELEASE SAVEPOINT "s1_x1"', "SAVEPOINT `s1_x2`", "ROLLBACK TO SAVEPOINT `s1_x2`"], 2),
    ],
)
def test_transaction_counts_where_it_ends_and_savepoint_where_it_begins(statements, n_transactions) -> None:
    record = log_of(*((sql, ()) for sql in statements)).as_record()

    assert (record["count"], record["transactions"]) == (0, n_transactions)


def test_mysql_is_read_as_mysql_does() -> None:
    log = QueryLog()
    for system in ("mysql", "mariadb", "postgresql"):
        log.add(r"SELECT 'it\'s', secret # 'x", (), 0, alias="", phase="call", system=system)

    assert [query.shape.template for query in log.queries][:2] == ["SELECT ?, secret"] * 2
    assert log.queries[2].shape.template != "SELECT ?, secret"


def test_statement_of_megabytes_is_cut_where_it_is_shown() -> None:
    columns = ", ".join(f"c{number}" for number in range(200_000))

    (shown,) = log_of(*[(f"SELECT {columns} FROM t", ())] * 2).as_record()["duplicate_queries"]

    assert len(shown["sql"]) == 2_001
    assert shown["sql"].endswith("…")


class Row(NamedTuple):
    id: int


class Number(int):
    """A number of a project's own."""


@pytest.mark.parametrize(
    ("sql", "wrap"),
    [
        (GET, Row),
        (GET, lambda number: [Number(number)]),
        (GET.replace("%s", "%(id)s"), lambda number: OrderedDict(id=number)),
        (GET.replace("%s", "%(id)s"), lambda number: defaultdict(int, id=str(number))),
    ],
    ids=["named tuple", "subclass of int", "ordered dictionary", "default dictionary"],
)
def test_values_are_told_apart_in_subclasses_of_built_in_types(sql, wrap) -> None:
    shape = shape_of(sql)

    assert len({hash_values(wrap(number), shape)[1] for number in (1, 2, 3)}) == 3
    assert hash_values(wrap(1), shape) == hash_values(wrap(1), shape)


@pytest.mark.parametrize("parameters", [(Guarded(),), ([Guarded()],), {"id": Guarded()}])
def test_code_of_metaclasses_does_not_run(parameters) -> None:
    assert log_of(("SELECT a FROM t WHERE id = %s", parameters)).as_record()["count"] == 1
