"""Tests that do to their databases what tests do: each has one honest record, and ends as it would without."""

from __future__ import annotations

import pytest

SUITE = r"""
    import os, sqlite3, threading
    import pytest

    @pytest.fixture
    def db(tmp_path):
        connection = sqlite3.connect(tmp_path / "x.db", check_same_thread=False)
        connection.execute("create table t (id integer, v text)")
        yield connection
        connection.close()

    def ask(db, n):
        for number in range(n): db.execute("select v from t where id = ?", (number,))

    def test_forks(db):
        ask(db, 2)
        child = os.fork()
        if child == 0:
            try: ask(sqlite3.connect(":memory:"), 0); sqlite3.connect(":memory:").execute("select 1")
            finally: os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        ask(db, 1)

    def test_closes(db):
        cursor = db.cursor()
        cursor.execute("select 1")
        db.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"): cursor.execute("select 2")
        with pytest.raises(sqlite3.ProgrammingError, match="closed"): db.commit()
        db.close()

    def test_is_wrong(db):
        for statement in (None, 7, b"select 1"):
            with pytest.raises(TypeError): db.execute(statement)
        with pytest.raises(UnicodeEncodeError): db.execute("select '\ud800'")
        with pytest.raises(sqlite3.Error): db.execute("selekt 1")
        with pytest.raises(sqlite3.Error): db.execute("select ?", ())

    def test_asks_and_prints_megabytes(db):
        print("x" * 3_000_000)
        db.execute("insert into t values (1, '" + "s3cret" * 500_000 + "')")
        db.execute("insert into t values (2, ?)", ("s3cret" * 500_000,))
        db.execute("select 1 from t where id in (" + ", ".join(map(str, range(30_000))) + ")")
        os.write(1, b"y" * 1_000_000)

    def test_asks_from_threads(db):
        def work():
            own = sqlite3.connect(":memory:")
            for number in range(50): own.execute("select ?", (number,))
            own.close()
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()

    def test_asks_often(db): ask(db, 20_000)

    def test_has_secrets(db):
        db.execute("select 1 from t where v = 's3cret' or v = \"s3cret\" or v like '%s3cret%' -- s3cret")
        db.execute("select /* s3cret */ 1")
        db.execute("select v from t where v = :v", {"v": "s3cret"})
        db.executemany("insert into t values (?, ?)", [(1, "s3cret")])
        db.execute("insert into t values (1, 's3cret'), (2, 's3cret')")
        for _ in range(3): db.execute("update t set v = 's3cret' where id = 3")

    class Text(str):
        def __str__(self): raise AssertionError("no code of a statement runs")

    def test_has_strange_statements(db):
        assert db.execute(Text("select 1")).fetchone() == (1,)
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", "test_suite.py")
COUNTS = {
    "test_forks": 3,
    "test_closes": 2,
    "test_is_wrong": 6,
    "test_asks_and_prints_megabytes": 3,
    "test_asks_from_threads": 400,
    "test_asks_often": 20_000,
    "test_has_secrets": 8,
    "test_has_strange_statements": 1,
}


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_each_test_has_its_own_queries_and_ends_as_ever(lab, more) -> None:
    lab.write("test_suite.py", SUITE)
    lab.write("pyproject.toml", "")

    ran = lab.run(*PYTEST, *more, "--callbox-telemetry", "--junitxml=junit.xml")

    assert ran.code == 0, ran.out
    assert {name: record["status"] for name, record in ran.records.items()} == dict.fromkeys(COUNTS, "passed")
    counted = {name: record["database_queries"]["by_phase"]["call"] for name, record in ran.records.items()}
    assert counted == COUNTS
    found = {name for name, record in ran.records.items() if record["database_queries"]["n_plus_one"]}
    assert found == {"test_asks_from_threads", "test_asks_often"}
    records = [str(record) for record in ran.records.values()]
    assert max(map(len, records)) < 10_000


def test_no_secret_of_a_statement_is_kept_anywhere(lab) -> None:
    lab.write("test_suite.py", SUITE)

    ran = lab.run(
        *PYTEST,
        "--callbox-telemetry",
        "--junitxml=junit.xml",
        CALLBOX_TELEMETRY_HTML="page.html",
        CALLBOX_TELEMETRY_CTRF="ctrf.json",
        CALLBOX_TELEMETRY_MARKDOWN="summary.md",
    )

    written = [file for file in lab.folder.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")]
    assert {"page.html", "ctrf.json", "summary.md", "junit.xml", "telemetry.db"} <= {file.name for file in written}
    assert [file.name for file in written if b"s3cret" in file.read_bytes()] == []
    assert "s3cret" not in ran.out
