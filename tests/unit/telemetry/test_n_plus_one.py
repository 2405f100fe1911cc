"""Which queries should have been one, and which are rightly many; on real libraries: the corpus."""

from __future__ import annotations

import dataclasses
import dis

import pytest

from callbox.telemetry.places import NOWHERE, Origin
from callbox.telemetry.queries import QueryLog


def origin_at(line: int) -> Origin:
    namespace = {}
    exec(compile("\n" * (line - 1) + "def listing(): ...", "shop/views.py", "exec"), namespace)
    return Origin(((namespace["listing"].__code__, 0),))


HERE, THERE = origin_at(7), origin_at(9)
GET = "SELECT name FROM author WHERE id = %s LIMIT 21"
LATER = "SELECT * FROM a WHERE b > %s OR (b = %s AND id > %s) ORDER BY b, id LIMIT 5"


def found_in(statements, **about) -> list:
    log = QueryLog()
    for sql, parameters, *rest in statements:
        origin = rest[0] if rest else HERE
        log.add(sql, parameters, 1_000_000, **{"alias": "default", "phase": "call", "origin": origin, **about})
    return log.as_record()["n_plus_one"]


POSITIVE = {
    "parameters": [(GET, (i,)) for i in range(3)],
    "literals": [(f"SELECT name FROM author WHERE id = {i}", ()) for i in range(3)],
    "strings": [(f"SELECT 1 FROM a WHERE email = 'x{i}@example.org'", ()) for i in range(4)],
    "named": [("SELECT 1 FROM a WHERE id = %(id)s", {"id": i}) for i in range(3)],
    "named with a colon": [("SELECT 1 FROM a WHERE id = :id AND x > :x", {"x": 1, "id": i}) for i in range(3)],
    "numbered": [("SELECT 1 FROM a WHERE x > $2 AND id = $1", (i, 5)) for i in range(3)],
    "two keys": [("SELECT 1 FROM a WHERE id = ? AND kind = ?", (i, "x")) for i in range(3)],
    "among others": [s for i in range(3) for s in ((GET, (i,)), ("SELECT 1 FROM b", ()))],
    "exists": [("SELECT EXISTS(SELECT 1 FROM a WHERE owner_id = %s)", (i,)) for i in range(5)],
    "count": [("SELECT COUNT(*) FROM a WHERE owner_id = %s", (i,)) for i in range(5)],
    "with": [("WITH x AS (SELECT 1) SELECT * FROM x WHERE id = %s", (i,)) for i in range(3)],
    "beside a list": [("SELECT * FROM a WHERE kind IN (1, 2) AND id = %s", (i,)) for i in range(3)],
    "list of one": [("SELECT * FROM a WHERE id IN (%s)", (i,)) for i in range(3)],
    "two that alternate": [(GET, (i % 2,)) for i in range(4)],
    "numbers by month": [("SELECT COUNT(*) FROM a WHERE d >= %s AND d < %s", (i, i + 1)) for i in range(3)],
    "more values than marks": [("SELECT * FROM a WHERE id = @id", (i, 2)) for i in range(3)],
}
NEGATIVE = {
    "two only": [(GET, (i,)) for i in range(2)],
    "equal values": [(GET, (1,))] * 10,
    "retries of two": [(GET, (i // 3,)) for i in range(6)],
    "paging by literals": [(f"SELECT * FROM a LIMIT 10 OFFSET {n}", ()) for n in range(0, 50, 10)],
    "paging with a filter": [(f"SELECT * FROM a WHERE b = %s LIMIT 10 OFFSET {n}", (1,)) for n in range(0, 50, 10)],
    "paging by parameters": [("SELECT * FROM a WHERE b = ? LIMIT ? OFFSET ?", (1, 10, n)) for n in range(0, 50, 10)],
    "paging by names": [("SELECT * FROM a LIMIT :n OFFSET :at", {"n": 10, "at": n}) for n in range(0, 50, 10)],
    "paging by a comma": [("SELECT * FROM a LIMIT ?, ?", (n, 10)) for n in range(0, 50, 10)],
    "paging by rows": [(f"SELECT * FROM a OFFSET {n} ROWS FETCH NEXT {n + 1} ROWS ONLY", ()) for n in range(0, 50, 10)],
    "paging by keys": [("SELECT * FROM a WHERE b = ? AND id > ? LIMIT 5", (1, n)) for n in range(5)],
    "paging by two keys": [("SELECT * FROM a WHERE (b, id) > (?, ?) LIMIT 5", (n, n)) for n in range(5)],
    "paging by key after key": [(LATER, (n, n, n * 7)) for n in range(5)],
    "windows": [("SELECT * FROM a WHERE id BETWEEN ? AND ?", (n, n + 9)) for n in range(0, 50, 10)],
    "batches": [(f"SELECT * FROM a WHERE id IN ({n}, {n + 1})", ()) for n in range(5)],
    "batches of rows": [(f"SELECT * FROM a WHERE (id, b) IN (({n}, 1), ({n}, 2))", ()) for n in range(5)],
    "batches in one parameter": [("SELECT * FROM a WHERE id = ANY(%s)", ([n, n + 1],)) for n in range(5)],
    "prefetch": [("SELECT * FROM a WHERE id IN (%s, %s, %s)", (n, n + 1, n + 2)) for n in range(5)],
    "inserts": [("INSERT INTO a (b) VALUES (%s)", (i,)) for i in range(9)],
    "updates": [("UPDATE a SET b = %s WHERE id = %s", (i, i)) for i in range(9)],
    "changes that ask": [s for i in range(5) for s in ((GET, (i,)), ("UPDATE author SET name = %s", (i,)))],
    "deletes that ask twice": [
        s for i in range(5) for s in ((GET, (i,)), ("SELECT 1 FROM b WHERE x = %s", (i,)), ("DELETE FROM a", ()))
    ],
    "checks before inserts": [
        s for i in range(5) for s in ((GET, (i,), HERE), ("INSERT INTO author VALUES (%s)", (i,), THERE))
    ],
    "other statements": [(f"SELECT c{i} FROM a WHERE id = %s", (i,)) for i in range(9)],
    "other places": [(GET, (1,), HERE), (GET, (2,), THERE), (GET, (3,), HERE), (GET, (4,), THERE)],
    "no place": [(GET, (i,), NOWHERE) for i in range(9)],
    "savepoints": [(f"SAVEPOINT s{i}", ()) for i in range(9)],
    "catalogue": [("SELECT 1 FROM pg_catalog.pg_class WHERE relname = %s", (f"t{i}",)) for i in range(9)],
    "locks": [("SELECT pg_advisory_xact_lock(%s)", (i,)) for i in range(9)],
}


@pytest.mark.parametrize("statements", POSITIVE.values(), ids=POSITIVE)
def test_same_query_for_one_value_after_the_other_is_n_plus_one(statements) -> None:
    (found,) = found_in(statements)

    assert (found["site"], found["path"]) == ("shop/views.py:7 listing", ["shop/views.py:7 listing"])
    assert found["count"] >= 3


@pytest.mark.parametrize("statements", NEGATIVE.values(), ids=NEGATIVE)
def test_what_is_rightly_many_is_none(statements) -> None:
    assert found_in(statements) == []


def test_what_objects_refer_to_counts_though_it_is_the_same() -> None:
    relation = dataclasses.replace(HERE, is_relation=True)

    assert found_in([(GET, (1,), relation)] * 2) == []
    assert [found["count"] for found in found_in([(GET, (1,), relation)] * 3)] == [3]


def test_what_makes_tables_may_ask_as_often_as_it_likes() -> None:
    assert found_in([(GET, (i,), dataclasses.replace(HERE, is_schema=True)) for i in range(9)]) == []


def test_loop_over_requests_is_none_and_loop_in_each_is_one() -> None:
    log = QueryLog()
    for number in range(12):
        log.add(GET, (number,), 1, alias="x", phase="call", origin=HERE, request=number // 2)
    apart = log.as_record()["n_plus_one"]
    for number in range(12):
        log.add(GET, (number,), 1, alias="x", phase="call", origin=HERE, request=100 + number // 4)

    assert apart == []
    assert [found["count"] for found in log.as_record()["n_plus_one"]] == [12]


def loop_of_a_test(cases):
    for case in cases:
        case()


def test_table_of_a_test_is_none_unless_each_of_its_requests_loops_or_relations_are_loaded() -> None:
    code = loop_of_a_test.__code__
    turn = next(each.offset for each in dis.get_instructions(code) if "JUMP_BACKWARD" in each.opname)
    table = Origin(((code, turn),), is_below_test=True)
    relation = dataclasses.replace(table, is_relation=True)

    assert found_in([(GET, (i,), table) for i in range(9)]) == []
    assert len(found_in([(GET, (i,), table) for i in range(9)], request=1)) == 1
    assert len(found_in([(GET, (i,), relation) for i in range(9)])) == 1
