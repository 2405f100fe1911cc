"""`callbox query`."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")


def ask(shop, sql: str, *boxes: str) -> list[dict]:
    ending = shop.callbox("query", *(boxes or ("shop.cbx",)), sql, "--format", "json")
    assert (ending.code, ending.err) == (0, b"")
    return json.loads(ending.out)


def test_calls_are_counted_by_function(shop) -> None:
    rows = ask(shop, "select function, count(*) n from calls group by all order by n desc limit 2")

    assert rows == [{"function": "__main__.total", "n": 17}, {"function": "__main__.price", "n": 4}]


def test_tables_join(shop) -> None:
    rows = ask(
        shop,
        """
        select f.name, f.line, t.process_id = c.process_id as same, v.value, p.function as caller
        from calls c
        join functions f using (function_id) join threads t using (thread)
        join "values" v on v.call = c.call and v.role = 'exception'
        join calls p on p.call = c.parent
        """,
    )

    assert rows == [{"name": "price", "line": 8, "same": True, "value": "ValueError('')", "caller": "__main__.main"}]


def test_values_tell_arguments_results_and_yields_apart(shop) -> None:
    rows = ask(
        shop,
        "select role, count(*) n from values where call in (select call from calls where function = "
        "'__main__.prices') group by all order by role",
    )

    assert rows == [{"role": "argument", "n": 1}, {"role": "result", "n": 1}, {"role": "yield", "n": 2}]


def test_events_have_kinds_and_calls(shop) -> None:
    [row] = ask(shop, "select count(*) n, count(distinct call) c from events where kind in ('call', 'resume')")

    assert row == {"n": 32, "c": 27}


def test_several_boxes_are_told_apart(shop) -> None:
    rows = ask(shop, "select box, count(*) n from calls group by all order by box", "shop.cbx", "changed.cbx")

    assert rows == [{"box": "changed.cbx", "n": 28}, {"box": "shop.cbx", "n": 27}]


def test_boxes_of_one_name_are_told_apart_by_their_paths(shop, tmp_path) -> None:
    other = str(shutil.copy(shop.folder / "shop.cbx", tmp_path))

    rows = ask(shop, "select box, count(*) n from calls group by all order by box desc", "shop.cbx", other)

    assert rows == [{"box": "shop.cbx", "n": 27}, {"box": other, "n": 27}]


def test_recording_without_values_has_an_empty_table_of_them(shop) -> None:
    assert ask(shop, "select count(*) n from values", "plain.cbx") == [{"n": 0}]


def test_answer_is_a_table_by_default(shop) -> None:
    ending = shop.callbox("query", "shop.cbx", "select outcome, count(*) n from calls group by all order by n")

    assert ending.out.decode().splitlines() == ["outcome    n", "raised     1", "returned  26"]


def test_answer_can_be_csv(shop) -> None:
    ending = shop.callbox("query", "shop.cbx", "select name, null as x from threads order by thread", "-f", "csv")

    assert list(csv.reader(io.StringIO(ending.out.decode())))[:2] == [["name", "x"], ["MainThread", ""]]


def test_json_has_a_key_for_each_column_and_no_number_that_json_lacks(shop) -> None:
    [row] = ask(shop, "select 1 a, 2 a, 3 a_1, 'nan'::double b, '-inf'::double c, ['inf'::float] d")

    assert row == {"a": 1, "a_2": 2, "a_1": 3, "b": "nan", "c": "-inf", "d": ["inf"]}


def test_answer_without_rows_is_its_head(shop) -> None:
    assert shop.callbox("query", "shop.cbx", "select call from calls where false").out == b"call\n"
    assert ask(shop, "select call from calls where false") == []


def test_query_reads_and_writes_no_file(shop) -> None:
    before = sorted(shop.folder.iterdir())

    reading = shop.callbox("query", "shop.cbx", "select * from read_text('shop.py')")
    writing = shop.callbox("query", "shop.cbx", "copy calls to 'out.csv'")

    assert (reading.code, reading.out, writing.code) == (2, b"", 2)
    assert reading.err.startswith(b"callbox: error: the query failed: ")
    assert sorted(shop.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["shop.cbx", "select nope from calls"], 2, '"nope" not found'),
        (["shop.cbx", "select * from nothing"], 2, "nothing does not exist"),
        (["shop.cbx", "selec 1"], 2, "syntax error"),
        (["select 1"], 2, "name a box"),
        ([], 2, "Missing argument"),
        (["missing.cbx", "select 1"], 4, "missing.cbx"),
        (["broken.cbx", "select 1"], 4, "broken.cbx"),
        (["empty.cbx", "select 1"], 3, "holds no calls"),
    ],
)
def test_bad_input_is_said_in_one_line(shop, arguments, code, message) -> None:
    ending = shop.callbox("query", *arguments)

    assert ending.code == code
    assert message in ending.err.decode()
    assert ending.err.decode().count("\n") == 1


def test_texts_of_the_program_cannot_command_the_terminal(shop) -> None:
    ending = shop.callbox("query", "shop.cbx", "select chr(27) || '[2J' as x")

    assert b"\x1b" not in ending.out
    assert rb"\x1b[2J" in ending.out
