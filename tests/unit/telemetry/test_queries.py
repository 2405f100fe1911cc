"""Which queries should have been one, and which are rightly many."""

from __future__ import annotations

import pytest

from callbox.telemetry.queries import Place, QueryLog

HERE = (Place("shop/views.py", 7, "listing"),)
THERE = (Place("shop/views.py", 9, "listing"),)


def log_of(*statements) -> QueryLog:
    log = QueryLog()
    for sql, parameters, *rest in statements:
        log.add(sql, parameters, 1_000_000, alias="default", phase="call", path=rest[0] if rest else HERE)
    return log


GET = "SELECT name FROM author WHERE id = %s LIMIT 21"
POSITIVE = {
    "parameters": [(GET, (i,)) for i in range(3)],
    "literals": [(f"SELECT name FROM author WHERE id = {i}", ()) for i in range(3)],
    "strings": [(f"SELECT 1 FROM a WHERE email = 'x{i}@example.org'", ()) for i in range(4)],
    "named": [("SELECT 1 FROM a WHERE id = %(id)s", {"id": i}) for i in range(3)],
    "two keys": [("SELECT 1 FROM a WHERE id = ? AND kind = ?", (i, "x")) for i in range(3)],
    "among others": [s for i in range(3) for s in ((GET, (i,)), ("SELECT 1 FROM b", ()))],
    "exists": [("SELECT EXISTS(SELECT 1 FROM a WHERE owner_id = %s)", (i,)) for i in range(5)],
    "count": [("SELECT COUNT(*) FROM a WHERE owner_id = %s", (i,)) for i in range(5)],
    "with": [("WITH x AS (SELECT 1) SELECT * FROM x WHERE id = %s", (i,)) for i in range(3)],
}
NEGATIVE = {
    "two only": [(GET, (i,)) for i in range(2)],
    "equal values": [(GET, (1,))] * 10,
    "paging by parameters of none": [(f"SELECT * FROM a LIMIT 10 OFFSET {n}", ()) for n in range(0, 50, 10)],
    "paging with a filter": [(f"SELECT * FROM a WHERE b = %s LIMIT 10 OFFSET {n}", (1,)) for n in range(0, 50, 10)],
    "batches": [(f"SELECT * FROM a WHERE id IN ({n}, {n + 1})", ()) for n in range(5)],
    "prefetch": [("SELECT * FROM a WHERE id IN (%s, %s, %s)", (n, n + 1, n + 2)) for n in range(5)],
    "inserts": [("INSERT INTO a (b) VALUES (%s)", (i,)) for i in range(9)],
    "updates": [("UPDATE a SET b = %s WHERE id = %s", (i, i)) for i in range(9)],
    "other statements": [(f"SELECT c{i} FROM a WHERE id = %s", (i,)) for i in range(9)],
    "other places": [(GET, (1,), HERE), (GET, (2,), THERE), (GET, (3,), HERE), (GET, (4,), THERE)],
    "no place": [(GET, (i,), ()) for i in range(9)],
    "savepoints": [(f"SAVEPOINT s{i}", ()) for i in range(9)],
}


@pytest.mark.parametrize("statements", POSITIVE.values(), ids=POSITIVE)
def test_same_query_for_one_value_after_the_other_is_n_plus_one(statements) -> None:
    (found,) = log_of(*statements).as_record()["n_plus_one"]

    assert found["site"] == "shop/views.py:7 listing"
    assert found["count"] >= 3


@pytest.mark.parametrize("statements", NEGATIVE.values(), ids=NEGATIVE)
def test_what_is_rightly_many_is_none(statements) -> None:
    assert log_of(*statements).as_record()["n_plus_one"] == []


def test_record_counts_kinds_durations_and_duplicates() -> None:
    record = log_of((GET, (1,)), (GET, (1,)), (GET, (2,)), ("UPDATE a SET b = 1", ()), ("COMMIT", ())).as_record()

    assert (record["count"], record["transactions"], record["total_duration"]) == (4, 1, 4.0)
    assert record["query_types"] == {"SELECT": 3, "INSERT": 0, "UPDATE": 1, "DELETE": 0, "OTHER": 0}
    template = "SELECT name FROM author WHERE id = ? LIMIT ?"
    assert record["duplicate_queries"] == [{"sql": template, "count": 3, "identical": 1}]


def test_slow_query_is_shown_without_its_values() -> None:
    log = QueryLog()
    log.add("SELECT 1 FROM a WHERE token = 'secret'", (), 200_000_000, alias="default", phase="call", path=HERE)

    (slow,) = log.as_record()["slow_queries"]

    assert slow == {
        "sql": "SELECT ? FROM a WHERE token = ?",
        "time": 0.2,
        "duration": 200.0,
        "path": ["shop/views.py:7 listing"],
    }


class Stranger:
    def __hash__(self) -> int:
        raise AssertionError("no code of a parameter runs")

    def __repr__(self) -> str:
        raise AssertionError("no code of a parameter runs")


def test_parameter_of_any_class_is_left_in_peace() -> None:
    assert log_of((GET, (Stranger(),))).as_record()["count"] == 1
