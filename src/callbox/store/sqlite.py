"""One SQLite database as a store: a connection for each process, transactions, blobs.

Whoever writes takes the write lock at once and waits for it; readers see the last
whole transaction. A process that is killed leaves what it had committed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
import weakref
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from callbox.errors import FormatError, RecordingError, reason
from callbox.replacement import make_folder
from callbox.store.schema import BLOBS, Schema

_LOCK_TIMEOUT_S = 60.0
_RETRY_S = 0.01
_DIGEST_BYTES = 16
_MIN_COMPRESSED_BYTES = 128
_FILE_MODE = 0o600


class Store:
    """A database of one kind, made when it is first written to.

    Threads share one connection and take turns. No connection crosses a fork: it is
    closed before, and opened again by whichever side needs it. Closed stores open
    themselves again when they are used.
    """

    def __init__(self, path: str | os.PathLike[str], schema: Schema) -> None:
        """Name a store; nothing is opened yet.

        Args:
            path: the database file; the folder of a new one is made, for its owner alone.
            schema: what it holds.
        """
        self.path = Path(path)
        self._schema = schema
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._process_id = 0
        _stores.add(self)

    def __del__(self) -> None:
        """Close the connection: since 3.13 Python complains of those that are only let go."""
        try:  # noqa: SIM105 - as the interpreter ends, the module that suppresses may be gone, and what close() needs
            self.close()
        except Exception:
            pass

    def exists(self) -> bool:
        """Say whether the database is there."""
        return self.path.is_file()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write: all of the block is kept, or, if it raises, nothing.

        A transaction inside one of the same thread is part of the outer one.

        Raises:
            RecordingError: the store cannot be written.
            FormatError: the file is no store of this kind and version.
        """
        with self._lock:
            connection = self._open(is_new_allowed=True)
            if connection.in_transaction:
                yield connection
                return
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._describe(error) from error
                raise

    def query(self, sql: str, parameters: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Read rows; none, if there is no database yet.

        Raises:
            FormatError: the file is no store of this kind and version, or is damaged.
        """
        with self._lock:
            if not self.exists():
                return []
            try:
                return self._open(is_new_allowed=False).execute(sql, tuple(parameters)).fetchall()
            except sqlite3.Error as error:
                raise self._describe(error) from error

    def put_blob(self, data: bytes) -> str:
        """Keep bytes once, however often they are put, and return their digest."""
        digest = hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()
        packed = zlib.compress(data, 1) if len(data) >= _MIN_COMPRESSED_BYTES else data
        kept = packed if len(packed) < len(data) else data
        with self.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?, ?)", (digest, kept, len(data)))
        return digest

    def get_blob(self, digest: str) -> bytes:
        """Return the bytes of a digest.

        Raises:
            FormatError: they are not there, or are damaged.
        """
        rows = self.query("SELECT data, raw_bytes FROM blobs WHERE digest = ?", (digest,))
        if not rows:
            raise FormatError(f"{self.path} has no blob {digest}: it was pruned, or the store is damaged")
        data: bytes = rows[0][0]
        try:
            whole = data if len(data) == rows[0][1] else zlib.decompress(data)
        except zlib.error as error:
            raise FormatError(f"{self.path}: blob {digest} is damaged: {error}") from error
        if hashlib.blake2b(whole, digest_size=_DIGEST_BYTES).hexdigest() != digest:
            raise FormatError(f"{self.path}: blob {digest} is damaged: its content does not have this digest")
        return whole

    def prune_blobs(self, references: str) -> int:
        """Delete blobs that nothing refers to, and return how many.

        Args:
            references: a SELECT of one column, the digests that are still needed.
        """
        with self.transaction() as connection:
            return connection.execute(f"DELETE FROM blobs WHERE digest NOT IN ({references})").rowcount

    def close(self) -> None:
        """Close the connection of this process; the next use opens it again."""
        with self._lock:
            if self._connection is not None and self._process_id == os.getpid():
                self._connection.close()
            elif self._connection is not None:
                _orphans.append(self._connection)
            self._connection = None

    def _open(self, *, is_new_allowed: bool) -> sqlite3.Connection:
        if self._connection is not None and self._process_id == os.getpid():
            return self._connection
        self.close()
        try:
            if is_new_allowed and not self.exists():
                self._make_file()
            self._connection = self._connect()
        except (OSError, sqlite3.Error) as error:
            raise self._describe(error) from error
        self._process_id = os.getpid()
        return self._connection

    def _make_file(self) -> None:
        """Make an empty database that its owner alone can read."""
        make_folder(self.path.parent)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _FILE_MODE))

    def _connect(self) -> sqlite3.Connection:
        # The class says that nobody is to count what is asked here: telemetry watches connections of any other.
        connection = sqlite3.connect(
            self.path,
            timeout=_LOCK_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            factory=sqlite3.Connection,
            cached_statements=64,
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Check whose database it is; make the tables of a new one."""
        mine = self._schema.application_id, self._schema.version
        if self._identity(connection) != mine:
            connection.execute("BEGIN IMMEDIATE")
            found = self._identity(connection)
            if found == (0, 0) and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in (BLOBS, *self._schema.statements):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {mine[0]}")
                connection.execute(f"PRAGMA user_version = {mine[1]}")
                connection.execute("COMMIT")
            elif found != mine:
                connection.execute("ROLLBACK")
                raise self._refuse(found)
            else:
                connection.execute("COMMIT")
        _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")

    def _identity(self, connection: sqlite3.Connection) -> tuple[int, int]:
        return (
            connection.execute("PRAGMA application_id").fetchone()[0],
            connection.execute("PRAGMA user_version").fetchone()[0],
        )

    def _refuse(self, found: tuple[int, int]) -> FormatError:
        if found[0] != self._schema.application_id:
            return FormatError(
                f"{self.path} is a database, but no store of {self._schema.name} of callbox: name another"
            )
        return FormatError(
            f"{self.path} has version {found[1]}, this callbox knows {self._schema.version}: "
            "use the callbox that wrote it, or move it away"
        )

    def _describe(self, error: Exception) -> Exception:
        if isinstance(error, OSError):
            return RecordingError(f"cannot write {self.path}: {reason(error)}: choose another folder")
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            return FormatError(f"{self.path} is no store, or is damaged: {error}")
        return RecordingError(f"cannot use {self.path}: {error}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Let readers and a writer go on side by side; SQLite does not wait by itself while others switch too."""
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return


_stores: weakref.WeakSet[Store] = weakref.WeakSet()
_orphans: list[sqlite3.Connection] = []
"""Connections that a fork took along all the same; closing one would spoil the parent's."""
_held: list[Store] = []


def _before_fork() -> None:
    for store in list(_stores):
        store._lock.acquire()
        _held.append(store)
        if store._connection is not None and not store._connection.in_transaction:
            store.close()


def _after_fork() -> None:
    while _held:
        _held.pop()._lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
