"""Queries counted to the fixture that asks."""

from __future__ import annotations

SUITE = """
    import sqlite3
    import pytest

    def ask(db, n):
        for number in range(n): db.execute("select ?", (number,))

    @pytest.fixture(scope="module")
    def db():
        connection = sqlite3.connect(":memory:")
        ask(connection, 1)
        yield connection
        ask(connection, 2)
        connection.close()

    @pytest.fixture
    def user(db):
        ask(db, 3)
        yield db
        ask(db, 4)

    @pytest.fixture
    def broken(db):
        ask(db, 1)
        raise ValueError("broken")

    @pytest.fixture
    def dynamic(request):
        db = request.getfixturevalue("db")
        request.getfixturevalue("user")
        ask(db, 5)

    def test_first(user): ask(user, 1)
    def test_dynamic(dynamic): pass
    def test_breaks(broken): pass
    def test_last(db): ask(db, 1)
"""


def test_fixture_has_what_its_set_up_and_its_tear_down_ask(lab) -> None:
    lab.write("test_suite.py", SUITE)

    ran = lab.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")

    queries = {name: record["database_queries"] for name, record in ran.records.items()}
    assert {name: told["by_fixture"] for name, told in queries.items()} == {
        "test_first": {"db": 1, "user": 7},
        "test_dynamic": {"user": 7, "dynamic": 5},
        "test_breaks": {"broken": 1},
        "test_last": {"db": 2},
    }
    assert {name: told["by_phase"] for name, told in queries.items()} == {
        "test_first": {"setup": 4, "call": 1, "teardown": 4},
        "test_dynamic": {"setup": 8, "call": 0, "teardown": 4},
        "test_breaks": {"setup": 1, "call": 0, "teardown": 0},
        "test_last": {"setup": 0, "call": 1, "teardown": 2},
    }
