"""Connections of any driver, watched by hand."""

from __future__ import annotations

import sqlite3

import pytest

from callbox.telemetry import watch_connection
from callbox.telemetry.database import watch_databases


@pytest.fixture
def told():
    """Statements that are told: text, parameters, and what is said about them."""
    found = []
    with watch_databases(lambda sql, parameters, _ns, **about: found.append((sql, parameters, about))):
        yield found


@pytest.fixture(params=["sqlite3", "duckdb"])
def connection(request, told):
    """A watched connection to an empty database."""
    driver = pytest.importorskip(request.param)
    connection = watch_connection(driver.connect(":memory:"), "shop")
    connection.cursor().execute("CREATE TABLE t (id INTEGER, name TEXT)")
    told.clear()
    yield connection
    connection.close()


def test_statements_of_cursors_and_connections_are_told_once(connection, told) -> None:
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [(1, "a"), (2, "b")])
    by_cursor = cursor.execute("SELECT name FROM t WHERE id = ?", (1,)).fetchall()
    by_connection = connection.execute("SELECT name FROM t WHERE id = ?", [2]).fetchall()

    assert (by_cursor, by_connection) == ([("a",)], [("b",)])
    assert [(sql.split()[0], parameters, about["alias"], about["is_many"]) for sql, parameters, about in told] == [
        ("INSERT", (), "shop", True),
        ("SELECT", (1,), "shop", False),
        ("SELECT", [2], "shop", False),
    ]


def test_transactions_are_told_once(connection, told) -> None:
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (1, 'a')")
    connection.commit()
    connection.execute("BEGIN")
    connection.rollback()

    assert [sql.split()[0] for sql, _, _ in told] == ["BEGIN", "INSERT", "COMMIT", "BEGIN", "ROLLBACK"]


def test_what_follows_on_a_result_is_told_too(connection, told) -> None:
    connection.execute("INSERT INTO t VALUES (1, 'a')").execute("SELECT 1").fetchone()

    assert [sql.split()[0] for sql, _, _ in told] == ["INSERT", "SELECT"]


def test_rows_are_those_that_the_driver_tells(told) -> None:
    connection = watch_connection(sqlite3.Connection(":memory:"))
    connection.execute("CREATE TABLE t (id INTEGER)")
    connection.executemany("INSERT INTO t VALUES (?)", [(1,), (2,), (3,)])
    cursor = connection.cursor()
    cursor.execute("DELETE FROM t WHERE id < 3")
    connection.close()

    assert [about["n_rows"] for _, _, about in told] == [-1, 3, 2]


def test_failing_statement_is_told_and_fails_as_ever(connection, told) -> None:
    with pytest.raises(Exception, match="nowhere"):
        connection.cursor().execute("SELECT * FROM nowhere")

    assert [sql for sql, _, _ in told] == ["SELECT * FROM nowhere"]


def test_without_telemetry_a_watched_connection_is_a_connection() -> None:
    with watch_connection(sqlite3.connect(":memory:")) as connection:
        rows = list(connection.cursor().execute("SELECT 1 UNION SELECT 2"))

    assert (rows, connection.in_transaction) == ([(1,), (2,)], False)
    connection.close()
