"""psycopg and SQLAlchemy on PostgreSQL, synchronously and not: what each test asked, of which database, how long."""

from __future__ import annotations

import pytest
from tests.support.postgres import serving
from tests.support.telemetry_lab import Lab

pytest.importorskip("psycopg")
pytest.importorskip("sqlalchemy")

SUITE = """
    import asyncio, psycopg, pytest
    from psycopg import sql
    from sqlalchemy import create_engine, text
    from sqlalchemy.ext.asyncio import create_async_engine

    FILL = "insert into t select n, 'name ' || n from generate_series(1, 9) n"
    ONE = "select name from t where id = "

    def ask(connection, mark, values, compile=str):
        for n in range(4): connection.execute(compile(ONE + mark), values(n))

    @pytest.fixture(autouse=True)
    def table():
        with psycopg.connect() as connection:
            connection.execute("create table t (id integer, name text)")
            connection.execute(FILL)
        yield
        with psycopg.connect() as connection:
            connection.execute("drop table t")

    def test_psycopg():
        with psycopg.connect() as connection:
            ask(connection, "%s", lambda n: (n,))
            with connection.transaction(): connection.execute("update t set name = 'secret' where id < 4")
            connection.execute("select pg_sleep(0.12)")

    def test_psycopg_async():
        async def ask():
            async with await psycopg.AsyncConnection.connect() as connection:
                for n in range(4): await connection.execute(ONE + "%(id)s", {"id": n})
                async with connection.transaction():
                    await connection.execute("update t set name = 'secret' where id < 4")
                await connection.execute("select pg_sleep(0.12)")
        asyncio.run(ask())

    def test_sqlalchemy():
        engine = create_engine("postgresql+psycopg:///postgres")
        with engine.begin() as connection:
            ask(connection, ":id", lambda n: {"id": n}, text)
            with connection.begin_nested(): connection.execute(text("update t set name = 'secret' where id < 4"))
            connection.execute(text("select pg_sleep(0.12)"))
        engine.dispose()

    def test_sqlalchemy_async():
        async def ask():
            engine = create_async_engine("postgresql+psycopg:///postgres")
            async with engine.begin() as connection:
                for n in range(4): await connection.execute(text(ONE + ":id"), {"id": n})
                async with connection.begin_nested():
                    await connection.execute(text("update t set name = 'secret' where id < 4"))
                await connection.execute(text("select pg_sleep(0.12)"))
            await engine.dispose()
        asyncio.run(ask())

    def test_ways_to_ask():
        with psycopg.connect() as connection:
            cursor = connection.cursor()
            cursor.executemany("insert into t values (%s, %s)", [(n, "x") for n in range(5)])
            assert len(list(cursor.stream("select * from t"))) == 14
            with cursor.copy("copy t (id) from stdin") as copy: copy.write_row((1,))
            with connection.cursor("named") as server_side: server_side.execute("select * from t").fetchmany(3)
            connection.execute(sql.SQL("select {} from t where id = any(%s)").format(sql.Identifier("name")), ([1, 2],))

    def test_rolls_back():
        connection = psycopg.connect()
        connection.execute("insert into t values (0, 'x')")
        connection.rollback()
        with pytest.raises(psycopg.errors.UndefinedTable): connection.execute("select * from nowhere")
        connection.rollback()
        cursor = connection.cursor()
        connection.close()
        with pytest.raises(psycopg.OperationalError, match="the connection is closed"): cursor.execute("select 1")

    def test_lists_fold():
        with psycopg.connect() as connection:
            for n in (2, 3): connection.execute(f"select name from t where id in ({', '.join('9' * n)})")
            for n in (2, 3): connection.execute(f"select 1 from t where id in ({', '.join(['%s'] * n)})", [7] * n)
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")
ALIKE = ("test_psycopg", "test_psycopg_async", "test_sqlalchemy", "test_sqlalchemy_async")


@pytest.fixture(scope="module")
def server():
    with serving() as environ:
        yield environ


@pytest.fixture(scope="module")
def queries(tmp_path_factory, server) -> dict:
    """What telemetry tells of the queries of each test."""
    lab = Lab(tmp_path_factory.mktemp("asking"))
    (lab.folder / ".callbox").mkdir()
    lab.write("test_suite.py", SUITE)
    ran = lab.run(*PYTEST, **server)
    assert ran.code == 0, ran.out
    return {name: record["database_queries"] for name, record in ran.records.items()}


def test_synchronous_and_asynchronous_drivers_tell_alike(queries) -> None:
    told = {name: queries[name] for name in ALIKE}

    assert {name: record["by_phase"]["setup"] for name, record in told.items()} == dict.fromkeys(ALIKE, 2)
    assert {name: record["by_phase"]["teardown"] for name, record in told.items()} == dict.fromkeys(ALIKE, 1)
    assert {name: record["query_types"]["UPDATE"] for name, record in told.items()} == dict.fromkeys(ALIKE, 1)
    assert {name: record["by_alias"] for name, record in told.items()} == {
        name: {"postgres": record["count"]} for name, record in told.items()
    }
    # Two of the fixtures; of the test the savepoint, and what ends the whole. SQLAlchemy's pool rolls back twice.
    assert [told[name]["transactions"] for name in ALIKE] == [4, 4, 6, 6]


def test_loop_over_rows_is_found_at_its_line_whoever_awaits_it(queries) -> None:
    found = {name: queries[name]["n_plus_one"] for name in ALIKE}

    assert {name: [(each["count"], each["sql"].lower()) for each in found[name]] for name in ALIKE} == {
        name: [(4, found[name][0]["sql"].lower())] for name in ALIKE
    }
    assert {name: found[name][0]["site"].split()[0] for name in ALIKE} == {
        "test_psycopg": "test_suite.py:11",
        "test_psycopg_async": "test_suite.py:31",
        "test_sqlalchemy": "test_suite.py:11",
        "test_sqlalchemy_async": "test_suite.py:49",
    }


def test_slow_statement_is_the_slow_one_and_rows_are_counted(queries) -> None:
    slow = {name: [each["sql"] for each in queries[name]["slow_queries"]] for name in ALIKE}
    rows = {name: queries[name]["rows"] for name in ALIKE}

    assert slow == {name: ["select pg_sleep (?)"] for name in ALIKE}
    assert {name: n >= 9 + 3 + 3 + 1 for name, n in rows.items()} == dict.fromkeys(ALIKE, True)


def test_no_value_is_in_a_record(queries) -> None:
    assert len(queries) == 7
    assert "secret" not in str(queries)


def test_every_way_to_ask_is_counted_once(queries) -> None:
    told = queries["test_ways_to_ask"]

    assert told["by_phase"]["call"] == 5
    assert [told["query_types"][kind] for kind in ("SELECT", "INSERT", "OTHER")] == [3, 2, 3]


def test_rollbacks_failures_and_closed_connections_are_told_as_they_are(queries) -> None:
    told = queries["test_rolls_back"]

    assert told["by_phase"]["call"] == 3
    assert told["transactions"] == 4


def test_lists_of_any_length_have_one_template(queries) -> None:
    told = {each["sql"]: each["count"] for each in queries["test_lists_fold"]["duplicate_queries"]}

    assert told == {"select name from t where id in (?)": 2, "select ? from t where id in (?)": 2}
