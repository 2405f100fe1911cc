"""Recorded calls in a folder, `call_logs` unless told otherwise: one SQLite store that many processes write to."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from callbox.store import Schema, Store
from callbox.testgen.model import Call, Effect, InnerCall, Outcome, Target

FOLDER = "call_logs"
FILE_NAME = "calls.db"

SCHEMA = Schema(
    "recorded calls",
    3,
    (
        """CREATE TABLE targets (
            id INTEGER PRIMARY KEY, module TEXT NOT NULL, qualname TEXT NOT NULL, description TEXT NOT NULL,
            n_calls INTEGER NOT NULL DEFAULT 0, UNIQUE (module, qualname, description))""",
        """CREATE TABLE calls (
            id INTEGER PRIMARY KEY, target INTEGER NOT NULL REFERENCES targets (id), arguments TEXT NOT NULL,
            end TEXT NOT NULL, outcome TEXT NOT NULL, refusal TEXT NOT NULL, stdout TEXT NOT NULL, stderr TEXT NOT NULL,
            effects TEXT NOT NULL, inner_calls TEXT NOT NULL,
            t_epoch_ns INTEGER NOT NULL, time_zone TEXT NOT NULL, duration_ns INTEGER NOT NULL, n_seen INTEGER NOT NULL,
            UNIQUE (target, arguments, end, outcome, refusal, stdout, stderr, effects, inner_calls))""",
        "CREATE INDEX calls_by_time ON calls (t_epoch_ns)",
    ),
)

_ADD_CALL = """INSERT INTO calls (target, arguments, end, outcome, refusal, stdout, stderr, effects,
        inner_calls, t_epoch_ns, time_zone, duration_ns, n_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET n_seen = n_seen + excluded.n_seen, t_epoch_ns = max(t_epoch_ns, excluded.t_epoch_ns),
        time_zone = iif(excluded.t_epoch_ns > t_epoch_ns, excluded.time_zone, time_zone)"""
_DIGESTS = "SELECT arguments FROM calls UNION SELECT end FROM calls UNION SELECT inner_calls FROM calls"


@dataclasses.dataclass(frozen=True, slots=True)
class StoredCall:
    """A call and the number by which its store knows it."""

    id: int
    call: Call


class CallStore:
    """The calls in one folder."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._store = Store(self.folder / FILE_NAME, SCHEMA)

    def exists(self) -> bool:
        """Say whether anything was ever recorded here."""
        return self._store.exists()

    def prepare(self) -> None:
        """Make the store, if there is none; what keeps it from being written shows here.

        Raises:
            RecordingError: it cannot be written.
            FormatError: the file there is something else, or of another version.
        """
        with self._store.transaction():
            pass

    def add(self, calls: Sequence[Call], seen: Iterable[tuple[Target, int]] = ()) -> list[Call]:
        """Keep calls, those that are there already as one more sighting; return those that tests can be made of.

        Args:
            calls: new ones.
            seen: how many calls of each function were seen, kept or not.
        """
        with self._store.transaction() as db:
            ids: dict[Target, int] = {}
            for call in calls:
                if call.target not in ids:
                    ids[call.target] = _target_id(db, call.target)
                db.execute(_ADD_CALL, self._row(ids[call.target], call))
            for target, n_calls in seen:
                db.execute("UPDATE targets SET n_calls = n_calls + ? WHERE id = ?", (n_calls, _target_id(db, target)))
        return [call for call in calls if not call.refusal]

    def n_seen(self) -> int:
        """Return how many calls were seen of all functions."""
        rows = self._store.query("SELECT coalesce(sum(n_calls), 0) FROM targets")
        return rows[0][0] if rows else 0

    def targets(self) -> list[tuple[Target, int, int]]:
        """Return each function with the calls of it that were seen, and those that are kept."""
        rows = self._store.query(
            """SELECT description, n_calls, (SELECT count(*) FROM calls WHERE target = targets.id) FROM targets
            ORDER BY module, qualname, id"""
        )
        return [(_read_target(row[0]), row[1], row[2]) for row in rows]

    def calls(self) -> Iterator[StoredCall]:
        """Read every call, function by function in the order of their names, then in the order of content."""
        rows = self._store.query(
            """SELECT calls.id, description, arguments, end, outcome, refusal, stdout, stderr, effects, inner_calls,
                t_epoch_ns, time_zone, duration_ns, n_seen
            FROM calls JOIN targets ON targets.id = target
            ORDER BY module, qualname, targets.id, arguments, end, calls.id"""
        )
        targets: dict[str, Target] = {}
        for row in rows:
            target = targets.get(row[1]) or targets.setdefault(row[1], _read_target(row[1]))
            arguments, end = (self._store.get_blob(digest) if digest else b"" for digest in row[2:4])
            effects = tuple(msgspec.json.decode(row[8], type=list[Effect]))
            inner = msgspec.json.decode(self._store.get_blob(row[9]), type=list[InnerCall]) if row[9] else []
            refusal, stdout, stderr = row[5:8]
            t_epoch_ns, time_zone, duration_ns, n_seen = row[10:14]
            call = Call(
                target=target,
                arguments=arguments,
                end=end,
                outcome=Outcome(row[4]),
                refusal=refusal,
                stdout=stdout,
                stderr=stderr,
                effects=effects,
                inner=tuple(inner),
                t_epoch_ns=t_epoch_ns,
                time_zone=time_zone,
                duration_ns=duration_ns,
                n_seen=n_seen,
            )
            yield StoredCall(row[0], call)

    def find(self, functions: Collection[str], before_ns: int | None) -> list[int]:
        """Return the ids of calls of some functions, by a full name, all for none, that began before a time."""
        rows = self._store.query(
            "SELECT description, calls.id, t_epoch_ns FROM calls JOIN targets ON targets.id = target ORDER BY calls.id"
        )
        wanted = set(functions)
        meant = {text for text in {row[0] for row in rows} if not wanted or wanted & _read_target(text).names}
        return [row[1] for row in rows if row[0] in meant and (before_ns is None or row[2] < before_ns)]

    def names(self) -> list[str]:
        """Return the full names of the functions that calls are kept of; of a script's, both of them."""
        rows = self._store.query("SELECT DISTINCT description FROM targets JOIN calls ON targets.id = target")
        return sorted({name for row in rows for name in _read_target(row[0]).names})

    def remove(self, ids: Sequence[int]) -> None:
        """Forget calls, and what nothing else refers to."""
        with self._store.transaction() as db:
            db.executemany("DELETE FROM calls WHERE id = ?", [(i,) for i in ids])
            db.execute("DELETE FROM targets WHERE id NOT IN (SELECT target FROM calls)")
            self._store.prune_blobs(_DIGESTS)

    def close(self) -> None:
        """Close the store; the next use opens it again."""
        self._store.close()

    def _row(self, target: int, call: Call) -> tuple[Any, ...]:
        digests = [self._store.put_blob(data) if data else "" for data in (call.arguments, call.end)]
        effects = msgspec.json.encode(call.effects).decode()
        inner = self._store.put_blob(msgspec.json.encode(call.inner)) if call.inner else ""
        texts = call.outcome.value, call.refusal, call.stdout, call.stderr, effects, inner
        return (target, *digests, *texts, call.t_epoch_ns, call.time_zone, call.duration_ns, call.n_seen)


def _target_id(db: sqlite3.Connection, target: Target) -> int:
    description = msgspec.json.encode(target).decode()
    key = target.module, target.qualname, description
    db.execute("INSERT OR IGNORE INTO targets (module, qualname, description) VALUES (?, ?, ?)", key)
    sql = "SELECT id FROM targets WHERE module = ? AND qualname = ? AND description = ?"
    found: int = db.execute(sql, key).fetchone()[0]
    return found


def _read_target(description: str) -> Target:
    return msgspec.json.decode(description, type=Target)
