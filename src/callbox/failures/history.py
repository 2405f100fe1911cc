"""Failures of every process, in a store under `.callbox/`: counted by kind, the newest of each kept in full."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from callbox.failures.model import Failure, Passed
from callbox.store import Schema, Store
from callbox.store.project import find_store

FILE_NAME = "failures.db"

SCHEMA = Schema(
    "failures",
    1,
    (
        """CREATE TABLE groups (
            fingerprint TEXT PRIMARY KEY, summary TEXT NOT NULL, test_name TEXT NOT NULL, place TEXT NOT NULL,
            n INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL)""",
        """CREATE TABLE failures (
            id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, timestamp REAL NOT NULL, size_bytes INTEGER NOT NULL,
            content TEXT NOT NULL)""",
        "CREATE INDEX failures_by_kind ON failures (fingerprint, timestamp)",
        "CREATE INDEX failures_by_time ON failures (timestamp)",
        """CREATE TABLE passed (
            test_name TEXT NOT NULL, timestamp REAL NOT NULL, content TEXT NOT NULL)""",
        "CREATE INDEX passed_by_name ON passed (test_name, timestamp)",
    ),
)

_encoder = msgspec.json.Encoder()
_decode = msgspec.json.Decoder(Failure).decode
_decode_passed = msgspec.json.Decoder(Passed).decode


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a store keeps.

    Attributes:
        max_failures: failures in full, of all kinds together.
        max_per_kind: failures in full of one kind; all are counted.
        max_bytes: of failures in full, as they are encoded.
        max_age_s: seconds after which a failure is dropped.
        max_passed_per_name: calls that went well, of one test or function.
    """

    max_failures: int = 1000
    max_per_kind: int = 10
    max_bytes: int = 64 << 20
    max_age_s: float = 30 * 86400.0
    max_passed_per_name: int = 20


@dataclass(frozen=True, slots=True)
class Group:
    """Failures of one kind."""

    fingerprint: str
    summary: str
    test_name: str
    place: str
    n: int
    first: float
    last: float


def find_path(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Return where a project's failures are kept: in the nearest `.callbox`, or beside the nearest project file.

    `CALLBOX_FAILURES_STORE` names another place.
    """
    environ = os.environ if environ is None else environ
    named = environ.get("CALLBOX_FAILURES_STORE")
    if named:
        return Path(named)
    return find_store(FILE_NAME, start)


def _encode(record: Failure | Passed) -> bytes:
    try:
        return _encoder.encode(record)
    except UnicodeEncodeError:  # a lone surrogate in what somebody reported by hand
        return json.dumps(msgspec.to_builtins(record), ensure_ascii=False).encode("utf-8", "replace")


class History:
    """The store of a project's failures. Several processes and threads may write it at once."""

    def __init__(
        self, path: str | os.PathLike[str], bounds: Bounds | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Name a store; it is made when something is first added.

        Args:
            path: the database file.
            bounds: how much it keeps.
            clock: seconds since the epoch.
        """
        self._store = Store(path, SCHEMA)
        self._bounds = bounds or Bounds()
        self._clock = clock

    @property
    def path(self) -> Path:
        """The database file."""
        return self._store.path

    def add(self, failures: Iterable[Failure], repeats: Mapping[str, tuple[int, float]] | None = None) -> None:
        """Keep failures, and count those of known kinds that are not kept in full.

        Args:
            failures: to keep.
            repeats: how often each kind came again, and when it did last.

        Raises:
            RecordingError: the store cannot be written.
        """
        with self._store.transaction() as connection:
            for failure in failures:
                content = _encode(failure)
                failure = _decode(content)  # its texts are surely Unicode now
                place = f"{failure.filename}:{failure.line}"
                connection.execute(
                    "INSERT INTO groups VALUES (?, ?, ?, ?, 1, ?, ?) ON CONFLICT (fingerprint) DO UPDATE SET "
                    "n = n + 1, last = max(last, excluded.last), summary = excluded.summary, place = excluded.place",
                    (
                        *(failure.fingerprint, failure.summary, failure.test_name, place),
                        *(failure.timestamp, failure.timestamp),
                    ),
                )
                connection.execute(
                    "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)",
                    (failure.id, failure.fingerprint, failure.timestamp, len(content), content.decode()),
                )
            for fingerprint, (n, last) in (repeats or {}).items():
                connection.execute(
                    "UPDATE groups SET n = n + ?, last = max(last, ?) WHERE fingerprint = ?", (n, last, fingerprint)
                )
            self._prune(connection)

    def add_passed(self, passed: Iterable[Passed]) -> None:
        """Keep calls that went well, to compare failing ones with."""
        with self._store.transaction() as connection:
            rows = [(each.test_name, each.timestamp, _encode(each).decode()) for each in passed]
            connection.executemany("INSERT INTO passed VALUES (?, ?, ?)", rows)
            for name in {name for name, *_ in rows}:
                connection.execute(
                    "DELETE FROM passed WHERE test_name = ? AND rowid NOT IN "
                    "(SELECT rowid FROM passed WHERE test_name = ? ORDER BY timestamp DESC LIMIT ?)",
                    (name, name, self._bounds.max_passed_per_name),
                )

    def failures(self, *, limit: int | None = None, fingerprint: str | None = None) -> list[Failure]:
        """Return failures that are kept in full, the newest first."""
        where, parameters = ("WHERE fingerprint = ?", [fingerprint]) if fingerprint else ("", [])
        rows = self._store.query(
            f"SELECT content FROM failures {where} ORDER BY timestamp DESC, rowid DESC LIMIT ?",
            [*parameters, -1 if limit is None else limit],
        )
        return [_decode(row[0]) for row in rows]

    def find(self, prefix: str) -> list[Failure]:
        """Return the failures whose id, or kind, begins with a text, the newest first."""
        escaped = "".join(c for c in prefix if c.isalnum())
        rows = self._store.query(
            "SELECT content FROM failures WHERE id LIKE ? OR fingerprint LIKE ? ORDER BY timestamp DESC, rowid DESC",
            (f"{escaped}%", f"{escaped}%"),
        )
        return [_decode(row[0]) for row in rows] if escaped else []

    def groups(self) -> list[Group]:
        """Return the kinds of failures, the one that came last first."""
        return [Group(*row) for row in self._store.query("SELECT * FROM groups ORDER BY last DESC, fingerprint")]

    def passed(self, test_name: str | None = None) -> list[Passed]:
        """Return calls that went well, the newest first."""
        where, parameters = ("WHERE test_name = ?", [test_name]) if test_name else ("", [])
        rows = self._store.query(f"SELECT content FROM passed {where} ORDER BY timestamp DESC, rowid DESC", parameters)
        return [_decode_passed(row[0]) for row in rows]

    def count_kept(self) -> tuple[int, int]:
        """Return how many failures are kept in full, and how many calls that went well."""
        rows = self._store.query("SELECT (SELECT count(*) FROM failures), (SELECT count(*) FROM passed)")
        return (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)

    def clear(self) -> int:
        """Forget everything, and return the number of failures that were counted."""
        if not self._store.exists():
            return 0
        with self._store.transaction() as connection:
            (n,) = connection.execute("SELECT coalesce(sum(n), 0) FROM groups").fetchone()
            for table in ("groups", "failures", "passed"):
                connection.execute(f"DELETE FROM {table}")
        return int(n)

    def close(self) -> None:
        """Close the database."""
        self._store.close()

    def _prune(self, connection: Any) -> None:
        bounds = self._bounds
        oldest = self._clock() - bounds.max_age_s
        connection.execute("DELETE FROM groups WHERE last < ?", (oldest,))
        connection.execute("DELETE FROM passed WHERE timestamp < ?", (oldest,))
        connection.execute(
            "DELETE FROM failures WHERE timestamp < ? OR rowid IN (SELECT rowid FROM (SELECT rowid, "
            "row_number() OVER (PARTITION BY fingerprint ORDER BY timestamp DESC, rowid DESC) AS nth_of_kind, "
            "row_number() OVER newest AS nth, sum(size_bytes) OVER newest AS size FROM failures "
            "WINDOW newest AS (ORDER BY timestamp DESC, rowid DESC)) "
            "WHERE nth_of_kind > ? OR nth > ? OR (size > ? AND nth > 1))",
            (oldest, bounds.max_per_kind, bounds.max_failures, bounds.max_bytes),
        )
