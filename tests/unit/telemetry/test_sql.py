"""Statements reduced to their shape."""

from __future__ import annotations

import pytest
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


def test_numbers_that_only_page_are_no_keys() -> None:
    assert shape_of("SELECT a FROM t WHERE b = 7 LIMIT 10 OFFSET 20").keys == ("7",)


@given(st.text(alphabet=st.sampled_from("abIN'\"`$%s?(),1.-/*\n :[]"), max_size=80))
def test_any_text_has_a_shape_that_is_its_own(sql) -> None:
    template = shape_of(sql).template

    assert shape_of(template).template.count("?") <= max(len(sql), 1)


def test_long_lists_take_linear_time_and_become_one_mark() -> None:
    sql = f"SELECT a FROM t WHERE id IN ({', '.join(map(str, range(20_000)))})"

    assert shape_of(sql).template == "SELECT a FROM t WHERE id IN (?)"
