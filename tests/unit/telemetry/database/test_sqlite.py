"""Connections of sqlite3 that are watched: they look like those that they stand for."""

from __future__ import annotations

import importlib
import sqlite3

import pytest

from callbox.telemetry.database import watch_databases
from callbox.telemetry.database.sqlite import claim


@pytest.fixture
def told():
    return []


@pytest.fixture
def connection(told, tmp_path):
    with watch_databases(lambda sql, *_timed, **about: told.append((sql, about["alias"]))):
        connection = sqlite3.connect(tmp_path / "shop.db")
        yield connection
        connection.close()


def test_statement_is_told_with_the_name_of_its_database(connection, told) -> None:
    connection.execute("select 1")

    assert told == [("select 1", "shop.db")]


def test_nothing_is_kept_in_a_strangers_connection(connection) -> None:
    assert not hasattr(connection, "__dict__")
    assert type(connection).__slots__ == ("__weakref__",)
    assert str(type(connection)) == "<class 'sqlite3.Connection'>"
    assert str(type(connection.cursor())) == "<class 'sqlite3.Cursor'>"


def test_connection_that_a_library_claims_tells_no_statements(connection, told) -> None:
    claim(connection)

    connection.execute("select 1")

    assert told == []


def test_claim_of_another_connection_is_passed_over(told) -> None:
    connection = sqlite3.connect(":memory:")
    claim(connection)
    connection.close()

    assert told == []


def test_connect_that_a_module_has_imported_by_name_is_watched_too(tmp_path, monkeypatch, told) -> None:
    (tmp_path / "shop_of_names.py").write_text("from sqlite3 import connect\n")
    monkeypatch.syspath_prepend(tmp_path)
    shop = importlib.import_module("shop_of_names")
    own = shop.connect

    with watch_databases(lambda sql, *_timed, **_about: told.append(sql)):
        connection = shop.connect(":memory:")
        connection.execute("select 1")
        connection.close()

    assert told == ["select 1"]
    assert shop.connect is own
