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


def test_what_is_set_is_set_on_the_drivers_own_objects(told) -> None:
    connection = watch_connection(sqlite3.Connection(":memory:"))
    connection.row_factory = sqlite3.Row
    cursor = connection.cursor()
    cursor.arraysize = 2

    rows = cursor.execute("SELECT 1 AS a UNION SELECT 2 UNION SELECT 3").fetchmany()

    assert [row["a"] for row in rows] == [1, 2]
    assert next(cursor)["a"] == 3
    connection.close()


class Composed:
    """A statement as `psycopg2.sql` composes them: its text is put together for a cursor, or a connection."""

    def as_string(self, _context) -> str:
        return "SELECT 1 FROM t WHERE a = 'secret'"

    def __str__(self) -> str:
        return "Composed([SQL('SELECT 1 FROM t WHERE a = '), Literal('secret')])"


class Driver:
    """What takes statements that are no text, and arguments by name."""

    rowcount = 1

    def execute(self, query, vars=None) -> None:  # noqa: A002  as psycopg2 calls it
        """Do nothing."""


@pytest.mark.parametrize(
    ("arguments", "statement"),
    [
        ({"query": "SELECT 2", "vars": (1,)}, ("SELECT 2", (1,))),
        ({"query": b"SELECT 3"}, ("SELECT 3", ())),
        ({"query": Composed()}, ("SELECT 1 FROM t WHERE a = 'secret'", ())),
    ],
)
def test_statement_is_told_as_text_however_it_is_given(told, arguments, statement) -> None:
    watch_connection(Driver()).execute(**arguments)

    assert [(sql, parameters) for sql, parameters, _ in told] == [statement]


@pytest.mark.parametrize(
    ("package", "system"), [("pymysql.connections", "mysql"), ("psycopg2.extensions", "postgresql"), ("fruit", "")]
)
def test_kind_of_database_is_known_by_its_driver(told, package, system) -> None:
    driver = type("Connection", (sqlite3.Connection,), {"__module__": package})
    connection = watch_connection(driver(":memory:"))

    connection.execute("SELECT 1")
    connection.commit()
    connection.close()

    assert [about["system"] for _, _, about in told] == [system, system]
