"""SQL over recordings: what a statement may do, and what it may not."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from callbox.errors import ConfigError
from callbox.recording import Recording
from callbox.recording.query import query

pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")


@pytest.fixture
def recording(small_capture) -> Recording:
    return Recording(small_capture)


def test_answer_has_names_types_and_rows(recording) -> None:
    answer = query({"a.cbx": recording}, "select function, count(*) as n from calls group by all order by n desc, 1")

    assert answer.names == ("function", "n")
    assert [str(kind) for kind in answer.types] == ["VARCHAR", "BIGINT"]
    assert answer.rows == [("app.work", 2), ("app.fails", 1), ("app.main", 1), ("app.numbers", 1)]


def test_tables_are_known_whatever_their_case(recording) -> None:
    assert query({"a.cbx": recording}, "SELECT count(*) FROM Calls").rows == [(5,)]


def test_tables_that_are_not_asked_of_are_listed(recording) -> None:
    rows = query({"a.cbx": recording}, "show tables").rows

    assert [name for (name,) in rows] == ["calls", "events", "functions", "threads", "values"]


def test_recordings_are_told_apart_by_their_names(recording) -> None:
    answer = query(
        {"a.cbx": recording, "b.cbx": recording}, "select box, count(*) from threads group by all order by 1"
    )

    assert answer.rows == [("a.cbx", 2), ("b.cbx", 2)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{file}')",
        "select * from read_text('{file}')",
        "select * from '{file}'",
        "copy calls to '{file}.out'",
        "attach '{file}.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "select * from glob('{folder}/*')",
        "export database '{folder}/out'",
        "import database '{folder}'",
        "select * from 'http://localhost:9/x.csv'",
        "pragma enable_profiling; set profiling_output = '{file}.out'; select 1",
    ],
)
def test_statement_reaches_nothing_but_the_tables(recording, tmp_path, sql) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("a,b\n1,2\n")

    with pytest.raises(ConfigError, match="the query failed: "):
        query({"a.cbx": recording}, sql.format(file=file, folder=tmp_path))

    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["recordings", "parts", "batches", "made", "recording"])
def test_statement_sees_no_variable_of_the_program(recording, name) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        query({"a.cbx": recording}, f"select * from {name}")


def test_error_is_one_line_without_the_drawing(recording) -> None:
    with pytest.raises(ConfigError) as caught:
        query({"a.cbx": recording}, "select\n  nope\nfrom calls")

    assert "\n" not in str(caught.value)
    assert '"nope" not found' in str(caught.value)
    assert "LINE" not in str(caught.value)


@pytest.mark.parametrize("sql", ["", " ; ", "-- only a comment"])
def test_query_without_a_statement_is_refused(recording, sql) -> None:
    with pytest.raises(ConfigError, match="the query holds no statement"):
        query({"a.cbx": recording}, sql)


def test_text_that_is_no_unicode_is_refused(recording) -> None:
    with pytest.raises(ConfigError, match=r"the query failed: .*'\\udc80'"):
        query({"a.cbx": recording}, "select '\udc80'")


@pytest.mark.skipif(find_spec("pytz") is not None, reason="pytz is what DuckDB is to lack")
def test_traceback_of_duckdb_is_left_out(recording) -> None:
    with pytest.raises(ConfigError) as caught:
        query({"a.cbx": recording}, "select now()")

    assert str(caught.value).endswith("'pytz' failed to import")
