"""Statements written by hand."""

from __future__ import annotations

import itertools
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

from callbox.telemetry import watch_connection


def flagged_row_by_row(shelf):
    for (key,) in shelf.execute("SELECT author_id FROM book").fetchall():
        assert shelf.execute("SELECT name FROM author WHERE id = ?", (key,)).fetchone()


def flagged_cursor_inside_a_cursor(shelf):
    inner = shelf.cursor()
    for (key,) in shelf.execute("SELECT id FROM author"):
        assert inner.execute("SELECT COUNT(*) FROM book WHERE author_id = ?", (key,)).fetchone() == (5,)


def flagged_literals(shelf):
    assert [shelf.execute(f"SELECT title FROM book WHERE id = {key}").fetchone() for key in range(4)]


def flagged_literal_text(shelf):
    assert [shelf.execute(f"SELECT id FROM author WHERE name = 'a{key}'").fetchone() for key in range(4)]


def flagged_names(shelf):
    statement = "SELECT title FROM book WHERE author_id = :author AND day > :day"
    for key in range(5):
        assert shelf.execute(statement, {"day": 3, "author": key}).fetchall()


def flagged_join_by_key(shelf):
    statement = "SELECT b.title FROM book b JOIN author a ON a.id = b.author_id WHERE a.name = ? ORDER BY b.id LIMIT 3"
    assert all(shelf.execute(statement, (f"a{key}",)).fetchall() for key in range(5))


def flagged_with(shelf):
    statement = "WITH mine AS (SELECT * FROM book WHERE author_id = ?) SELECT COUNT(*) FROM mine"
    assert sum(shelf.execute(statement, (key,)).fetchone()[0] for key in range(6)) == 30


class Shelf:
    def __init__(self, connection):
        self._connection = connection

    def name_of(self, key):
        return self._connection.execute("SELECT name FROM author WHERE id = ?", (key,)).fetchone()[0]


def flagged_behind_an_interface(shelf):
    names = map(Shelf(shelf).name_of, range(5))
    assert list(names) == ["a0", "a1", "a2", "a3", "a4"]


def _names(shelf, keys):
    for key in keys:
        yield shelf.execute("SELECT name FROM author WHERE id = ?", (key,)).fetchone()


def flagged_generator(shelf):
    assert len(list(_names(shelf, range(5)))) == 5


def _ancestors(shelf, key):
    (parent,) = shelf.execute("SELECT parent FROM author WHERE id = ?", (key,)).fetchone()
    return [key] if parent is None else [key, *_ancestors(shelf, parent)]


def flagged_recursion(shelf):
    assert _ancestors(shelf, 5) == [5, 4, 3, 2, 1, 0]


def flagged_watched_by_hand():
    connection = watch_connection(sqlite3.Connection(":memory:"))
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (id INTEGER)")
    for key in range(5):
        cursor.execute("SELECT id FROM t WHERE id = ?", (key,))
    assert cursor.fetchall() == []
    connection.close()


def flagged_list_of_one(shelf):
    assert [shelf.execute("SELECT name FROM author WHERE id IN (?)", (key,)).fetchall() for key in range(5)]


def flagged_threads(tmp_path):
    file = tmp_path / "shelf.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE author (id INTEGER, name TEXT)")
        connection.execute("INSERT INTO author VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')")
    connection.close()

    def name_of(key):
        own = sqlite3.connect(file)
        found = own.execute("SELECT name FROM author WHERE id = ?", (key,)).fetchone()
        own.close()
        return found

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(name_of, (1, 2, 3, 4))) == [("a",), ("b",), ("c",), ("d",)]


def clean_executemany(shelf):
    shelf.executemany("UPDATE book SET title = ? WHERE id = ?", [(f"n{key}", key) for key in range(30)])
    assert shelf.execute("SELECT title FROM book WHERE id = 3").fetchone() == ("n3",)


def clean_inserts(shelf):
    for key in range(10, 20):
        shelf.execute("INSERT INTO author VALUES (?, ?, NULL)", (key, f"a{key}"))
    assert shelf.execute("SELECT COUNT(*) FROM author").fetchone() == (16,)


def clean_join(shelf):
    statement = "SELECT b.title, a.name FROM book b JOIN author a ON a.id = b.author_id"
    assert len(shelf.execute(statement).fetchall()) == 30


def clean_batches_of_keys(shelf):
    keys = iter(range(30))
    while batch := list(itertools.islice(keys, 7)):
        marks = ", ".join("?" * len(batch))
        assert len(shelf.execute(f"SELECT title FROM book WHERE id IN ({marks})", batch).fetchall()) == len(batch)


def clean_pages_by_offset(shelf):
    for start in range(0, 30, 10):
        found = shelf.execute("SELECT title FROM book ORDER BY id LIMIT ? OFFSET ?", (10, start)).fetchall()
        assert len(found) == 10


def clean_pages_by_offset_of_one_author(shelf):
    for start in range(5):
        found = shelf.execute("SELECT title FROM book WHERE author_id = :a LIMIT :n, 1", {"a": 1, "n": start})
        assert found.fetchone()


def clean_pages_by_key(shelf):
    last = -1
    while page := shelf.execute("SELECT id FROM book WHERE id > ? ORDER BY id LIMIT 7", (last,)).fetchall():
        last = page[-1][0]
    assert last == 29


def clean_windows(shelf):
    statement = "SELECT id FROM book WHERE day BETWEEN ? AND ?"
    assert [len(shelf.execute(statement, (first, first + 9)).fetchall()) for first in range(0, 30, 10)] == [10] * 3


def clean_check_before_insert(shelf):
    for name in ("x", "y", "z", "w"):
        if shelf.execute("SELECT 1 FROM author WHERE name = ?", (name,)).fetchone() is None:
            shelf.execute("INSERT INTO author (name) VALUES (?)", (name,))
    assert shelf.execute("SELECT COUNT(*) FROM author").fetchone() == (10,)


def clean_polling(shelf):
    for _ in range(5):
        assert shelf.execute("SELECT state FROM job WHERE id = ?", (1,)).fetchone() == ("new",)


def clean_polling_until_now(shelf):
    for _ in range(5):
        due = shelf.execute("SELECT id FROM job WHERE state = 'new' AND run_at <= ?", (time.time(),))
        assert due.fetchone() == (1,)


def clean_tables_asked_for_in_the_catalogue(shelf):
    for name in ("author", "book", "job", "tag"):
        shelf.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,))
        assert shelf.execute(f"PRAGMA table_info({name})").fetchall() or name == "tag"


def clean_temporary_table(shelf):
    shelf.execute("CREATE TEMP TABLE wanted (id INTEGER)")
    shelf.executemany("INSERT INTO wanted VALUES (?)", [(key,) for key in range(5)])
    assert len(shelf.execute("SELECT * FROM author WHERE id IN (SELECT id FROM wanted)").fetchall()) == 5


def clean_statement_after_statement(shelf):
    statements = [f"SELECT COUNT(*), {n} FROM {name} WHERE id > 0" for n, name in enumerate(("author", "book", "job"))]
    assert [shelf.execute(statement).fetchone() for statement in statements]


def clean_one_and_two(shelf):
    assert [shelf.execute("SELECT name FROM author WHERE id = ?", (key,)).fetchone() for key in (1, 2)]


def clean_three_in_a_row(shelf):
    ask = Shelf(shelf).name_of
    assert (ask(1), ask(2), ask(3)) == ("a1", "a2", "a3")
