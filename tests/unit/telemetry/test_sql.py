"""Statements reduced to their shape."""

from __future__ import annotations

import pytest
from fuzz.corpus import read_corpus, saved_path
from hypothesis import given
from hypothesis import strategies as st

from callbox.telemetry.sql import shape_of


@pytest.mark.parametrize(
    ("sql", "template"),
    [
        ("SELECT  a,b FROM t WHERE x = 'it''s' AND y=3.5e2", "SELECT a, b FROM t WHERE x = ? AND y = ?"),
        ("select * from t where id in (1, 2,3)", "select * from t where id in (?)"),
        ("SELECT * FROM t WHERE id IN (%s, %s)", "SELECT * FROM t WHERE id IN (?)"),
        ("INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')", "INSERT INTO t (a, b) VALUES (?)"),
        ("SELECT a /* 3 */ FROM t -- 4\nWHERE b = :name::int", "SELECT a FROM t WHERE b = ?::int"),
        ('SELECT "t"."a 1" FROM "t" WHERE x = %(x)s', 'SELECT "t"."a 1" FROM "t" WHERE x = ?'),
        ("SELECT $tag$ it's $tag$, E'\\n', x'ff'", "SELECT ?, ?, ?"),
        ("SELECT 1 FROM t WHERE a = $1 AND b = ?", "SELECT ? FROM t WHERE a = ? AND b = ?"),
        ("SELECT 'not closed", "SELECT ?"),
        (r"SELECT E'it\'s secret', 1 FROM t", "SELECT ?, ? FROM t"),
        (
            'SELECT 1 FROM t WHERE token = "secret" AND a.x = "b"."y"',
            'SELECT ? FROM t WHERE token = ? AND a.x = "b"."y"',
        ),
        ('PRAGMA key = "secret"', "PRAGMA key = ?"),
        ("SELECT a FROM t WHERE b >= 3 AND c->>'x' <> 'y'", "SELECT a FROM t WHERE b >= ? AND c ->> ? <> ?"),
        ("SELECT a FROM t WHERE b = @name AND c = %b", "SELECT a FROM t WHERE b = ? AND c = ?"),
        (
            "SELECT 1 FROM t WHERE a = ARRAY[E'secret', b] AND c = ARRAY[1, 2, 3]",
            "SELECT ? FROM t WHERE a = ARRAY [?, b] AND c = ARRAY [?]",
        ),
        ("SELECT a FROM [order details] WHERE [id] = 3", "SELECT a FROM [order details] WHERE [id] = ?"),
        ("SELECT a[i + 5], b[1:2]", "SELECT a [i + ?], b [? : ?]"),
        ('INSERT INTO t ("a", b) VALUES ("secret", 1), (\'x\', "secret")', 'INSERT INTO t ("a", b) VALUES (?)'),
        (
            'SELECT a FROM t WHERE b IN ("x", "y") AND c IN ("t"."d")',
            'SELECT a FROM t WHERE b IN (?) AND c IN ("t"."d")',
        ),
        (
            'SELECT a FROM t WHERE b BETWEEN "x" AND "y" AND "c" IS NULL',
            'SELECT a FROM t WHERE b BETWEEN ? AND ? AND "c" IS NULL',
        ),
        ("SELECT a FROM t WHERE b IN (1, -2, +3.5) OR b = -4", "SELECT a FROM t WHERE b IN (?) OR b = ?"),
        ("SELECT a - 1, b FROM t LIMIT -1 OFFSET 3", "SELECT a - ?, b FROM t LIMIT ? OFFSET ?"),
        ("SELECT a %buckets FROM t", "SELECT a % buckets FROM t"),
        ("", ""),
    ],
)
def test_values_become_marks(sql, template) -> None:
    assert shape_of(sql).template == template


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("  select 1", "SELECT"),
        ("(SELECT 1) UNION (SELECT 2)", "SELECT"),
        ("WITH x AS (SELECT 1) UPDATE t SET a = 2", "UPDATE"),
        ("with x as (delete from t returning *) select * from x", "SELECT"),
        ("INSERT INTO t SELECT 1", "INSERT"),
        ("VACUUM", "OTHER"),
        ("", "OTHER"),
    ],
)
def test_kind_is_what_the_statement_does(sql, kind) -> None:
    assert shape_of(sql).kind == kind


@pytest.mark.parametrize(
    ("condition", "roles"),
    [
        ("a = ? AND b <> ? AND c LIKE ?", ["KEY", "KEY", "KEY"]),
        ("a > ? AND b <= ?", ["RANGE", "RANGE"]),
        ("a BETWEEN ? AND ? AND b = ?", ["RANGE", "RANGE", "KEY"]),
        ("(a, b) > (?, ?) AND c = ?", ["RANGE", "RANGE", "KEY"]),
        ("(a > ? OR (a = ? AND b > ?)) AND c = ?", ["RANGE", "RANGE", "RANGE", "KEY"]),
        ("a IN (?, ?) AND b = ?", ["LIST", "LIST", "KEY"]),
        ("(a, b) IN ((?, ?), (?, ?)) AND c = ?", ["LIST", "LIST", "LIST", "LIST", "KEY"]),
        ("a IN (?)", ["KEY"]),
        ("a IN (SELECT x FROM u WHERE y = ? AND z > ?)", ["KEY", "RANGE"]),
        ("a IN (SELECT x FROM u WHERE y IN (?, ?)) AND b = ?", ["LIST", "LIST", "KEY"]),
        ("a = ? LIMIT ? OFFSET ?", ["KEY", "PAGE", "PAGE"]),
        ("a = ? LIMIT ?, ?", ["KEY", "PAGE", "PAGE"]),
        ("a = ? OFFSET ? ROWS FETCH FIRST ? ROWS ONLY", ["KEY", "PAGE", "PAGE"]),
        ("a IN (SELECT x FROM u LIMIT ?) AND b = ?", ["PAGE", "KEY"]),
        ("data->>? = ?", ["KEY", "KEY"]),
    ],
)
def test_value_has_the_role_that_it_plays(condition, roles) -> None:
    values = shape_of(f"SELECT a FROM t WHERE {condition}").values

    assert [value.role.name for value in values] == roles


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("SELECT a FROM t WHERE b = 1", "t"),
        ('SELECT a FROM "t" JOIN u', "t"),
        ("INSERT INTO t SELECT a FROM u", "t"),
        ("UPDATE t SET a = 1", "t"),
        ("SELECT 1", ""),
    ],
)
def test_table_is_the_first_that_is_named(sql, table) -> None:
    assert shape_of(sql).table == table


@given(st.text(alphabet=st.sampled_from("abIN'\"`$%s?(),1.-/*\n :[]"), max_size=80))
def test_any_text_has_a_shape_that_is_its_own(sql) -> None:
    template = shape_of(sql).template

    assert shape_of(template).template.count("?") <= max(len(sql), 1)


def test_long_lists_take_linear_time_and_become_one_mark() -> None:
    sql = f"SELECT a FROM t WHERE id IN ({', '.join(map(str, range(20_000)))})"

    assert shape_of(sql).template == "SELECT a FROM t WHERE id IN (?)"


@pytest.mark.parametrize("data", read_corpus(saved_path("sql")))
def test_saved_statements_have_the_same_shape_behind_a_comment(data) -> None:
    statement = data.decode("utf-8", "replace")

    shape = shape_of(statement)

    assert shape_of(f"/* 'a' 1 */ {statement}") == shape
    assert [value.text for value in shape.values if value.text not in statement] == []


@pytest.mark.parametrize(
    ("sql", "template"),
    [
        (r"SELECT a FROM t WHERE b = 'it\'s secret' AND c = 1", "SELECT a FROM t WHERE b = ? AND c = ?"),
        (r"SELECT 'ends in \\', secret", "SELECT ?, secret"),
        ('SELECT "it\'s secret", `a"b` FROM `t`', 'SELECT ?, `a"b` FROM `t`'),
        (r'SELECT "a \" secret", 1', "SELECT ?, ?"),
        ("SELECT a # 'secret\nFROM t -- secret\nWHERE b = 2", "SELECT a FROM t WHERE b = ?"),
        (r"""INSERT INTO t (a) VALUES ('a\\'), ("b"), ('not closed""", "INSERT INTO t (a) VALUES (?), (?"),
    ],
)
def test_mysql_has_strings_and_comments_of_its_own(sql, template) -> None:
    assert shape_of(sql, is_mysql=True).template == template


@given(st.text(alphabet="ab'\"\\#-\n ", max_size=20))
def test_what_mysql_escapes_is_one_value(text) -> None:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")

    shape = shape_of(f"SELECT x FROM t WHERE a = '{escaped}' AND b = 1", is_mysql=True)

    assert shape.template == "SELECT x FROM t WHERE a = ? AND b = ?"


def test_backslash_ends_no_string_of_the_standard() -> None:
    assert (
        shape_of(r"SELECT x FROM t WHERE a = 'c:\' AND b = 'secret'").template
        == "SELECT x FROM t WHERE a = ? AND b = ?"
    )
