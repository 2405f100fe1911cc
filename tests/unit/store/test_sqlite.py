"""One store: transactions, blobs, threads, forks, kills, foreign files."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

from callbox.errors import FormatError, RecordingError
from callbox.store import Schema, Store

SCHEMA = Schema("tests", 3, ("CREATE TABLE notes (text TEXT NOT NULL)",))
WRITER = """
import sys
from callbox.store import Schema, Store
store = Store(sys.argv[1], Schema("tests", 3, ("CREATE TABLE notes (text TEXT NOT NULL)",)))
for i in range(int(sys.argv[2])):
    with store.transaction() as db:
        db.execute("INSERT INTO notes VALUES (?)", (f"{sys.argv[3]}-{i}",))
    print(i, flush=True)
"""


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "folder" / "notes.db", SCHEMA)
    yield store
    store.close()


def add(store: Store, text: str) -> None:
    with store.transaction() as db:
        db.execute("INSERT INTO notes VALUES (?)", (text,))


def texts(store: Store) -> list[str]:
    return [row[0] for row in store.query("SELECT text FROM notes ORDER BY rowid")]


def test_store_that_nobody_wrote_is_empty_and_makes_no_file(store) -> None:
    assert texts(store) == []
    assert not store.path.parent.exists()


def test_what_was_written_is_read_by_another_store(store) -> None:
    add(store, "one")

    other = Store(store.path, SCHEMA)
    assert texts(other) == ["one"]
    other.close()


def test_store_that_is_let_go_closes_its_connection(tmp_path) -> None:
    store = Store(tmp_path / "notes.db", SCHEMA)
    with store.transaction() as connection:
        pass

    del store

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_folder_and_file_are_private(store) -> None:
    add(store, "one")

    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_block_that_raises_writes_nothing(store) -> None:
    add(store, "kept")

    with pytest.raises(ZeroDivisionError), store.transaction() as db:
        db.execute("INSERT INTO notes VALUES ('lost')")
        1 / 0

    assert texts(store) == ["kept"]


def test_inner_transaction_belongs_to_the_outer_one(store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        add(store, "inner")
        1 / 0

    assert texts(store) == []


def test_store_can_be_used_after_closing(store) -> None:
    add(store, "one")
    store.close()

    add(store, "two")

    assert texts(store) == ["one", "two"]


@pytest.mark.parametrize("data", [b"", b"short", b"long and dull " * 1000, os.urandom(5000)])
def test_blob_comes_back(store, data) -> None:
    digest = store.put_blob(data)

    assert store.get_blob(digest) == data


def test_equal_blobs_are_kept_once(store) -> None:
    assert store.put_blob(b"same") == store.put_blob(b"same")
    assert store.query("SELECT count(*) FROM blobs")[0][0] == 1


def test_blobs_that_nothing_refers_to_are_pruned(store) -> None:
    kept, lost = store.put_blob(b"kept"), store.put_blob(b"lost")
    add(store, kept)

    assert store.prune_blobs("SELECT text FROM notes") == 1
    assert store.get_blob(kept) == b"kept"
    with pytest.raises(FormatError, match=f"no blob {lost}"):
        store.get_blob(lost)


def test_damaged_blob_is_named(store) -> None:
    digest = store.put_blob(b"right")
    with store.transaction() as db:
        db.execute("UPDATE blobs SET data = ?", (b"wrong",))

    with pytest.raises(FormatError, match="does not have this digest"):
        store.get_blob(digest)


def test_threads_lose_nothing(store) -> None:
    threads = [threading.Thread(target=lambda n=n: [add(store, f"{n}-{i}") for i in range(50)]) for n in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(texts(store)) == sorted(f"{n}-{i}" for n in range(4) for i in range(50))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fork_writes_beside_its_parent(store) -> None:
    add(store, "before")
    children = []
    for n in range(3):
        child = os.fork()
        if child == 0:
            [add(store, f"child-{n}-{i}") for i in range(20)]
            os._exit(0)
        children.append(child)
    [add(store, f"parent-{i}") for i in range(20)]

    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert len(texts(store)) == 1 + 4 * 20
    assert store.query("PRAGMA integrity_check")[0][0] == "ok"


def test_processes_that_make_the_store_together_lose_nothing(tmp_path) -> None:
    path = tmp_path / "new" / "notes.db"
    command = [sys.executable, "-c", WRITER, str(path), "20"]
    writers = [subprocess.Popen([*command, str(n)], stdout=subprocess.DEVNULL) for n in range(4)]

    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0, 0]
    store = Store(path, SCHEMA)
    assert len(texts(store)) == 80
    store.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_kill_leaves_what_was_committed(tmp_path) -> None:
    path = tmp_path / "notes.db"
    command = [sys.executable, "-c", WRITER, str(path), "100000", "x"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        committed = [int(writer.stdout.readline()) for _ in range(20)]
        writer.kill()

    store = Store(path, SCHEMA)
    assert texts(store)[:20] == [f"x-{i}" for i in committed]
    assert store.query("PRAGMA integrity_check")[0][0] == "ok"
    add(store, "after")
    store.close()


def test_store_of_another_version_is_refused(store) -> None:
    add(store, "one")
    newer = Store(store.path, Schema("tests", 4, SCHEMA.statements))

    with pytest.raises(FormatError, match="has version 3, this callbox knows 4"):
        texts(newer)


def test_store_of_another_kind_is_refused(store) -> None:
    add(store, "one")
    other = Store(store.path, Schema("others", 3, SCHEMA.statements))

    with pytest.raises(FormatError, match="no store of others"):
        texts(other)


def test_foreign_database_is_refused_and_left_alone(tmp_path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE t (a)")
    theirs.close()
    before = path.read_bytes()

    with pytest.raises(FormatError, match="no store of tests"):
        add(Store(path, SCHEMA), "one")
    assert path.read_bytes() == before


def test_file_that_is_no_database_is_refused(tmp_path) -> None:
    path = tmp_path / "text.db"
    path.write_text("no database, but long enough to have a header " * 10)

    with pytest.raises(FormatError, match="no store, or is damaged"):
        texts(Store(path, SCHEMA))


def test_unwritable_place_is_named(tmp_path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(RecordingError, match=r"cannot write .*file"):
        add(Store(tmp_path / "file" / "notes.db", SCHEMA), "one")
