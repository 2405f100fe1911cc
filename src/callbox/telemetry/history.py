"""The runs of a project's tests, in `.callbox/telemetry.db`: what each test took, run by run."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callbox.errors import NothingFoundError
from callbox.store import Schema, Store
from callbox.store.project import find_store
from callbox.telemetry.kept import FILE_NAME, KeptTest

MAX_RUNS = 200
"""Older runs are forgotten."""
FLAKY = "flaky"
"""The outcome, among those of several runs, of a test that passed when it was tried again."""
_FLAKY_RUNS = 10

SCHEMA = Schema(
    "telemetry",
    1,
    (
        "CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL, summary TEXT NOT NULL)",
        """CREATE TABLE tests (
            run_id INTEGER NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, duration_ms REAL NOT NULL,
            n_queries INTEGER NOT NULL, n_plus_one TEXT NOT NULL, n_blocked INTEGER NOT NULL, lines_covered INTEGER,
            error TEXT NOT NULL)""",
        "CREATE INDEX tests_by_run ON tests (run_id)",
    ),
)


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its number, when it began, the summary that it wrote."""

    id: int
    started: str
    summary: dict[str, Any]


_COLUMNS = ", ".join(KeptTest._fields)
_MARKS = ", ".join("?" for _ in KeptTest._fields)


class RunHistory:
    """The store of a project's runs; several processes may write it at once."""

    def __init__(self, path: str | Path = "") -> None:
        """Name a store; it is made when a run is first added.

        Args:
            path: the database file; that of the project by default.
        """
        self._store = Store(path or find_store(FILE_NAME), SCHEMA)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._store.path

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        self._store.close()

    def add(self, started: dt.datetime, summary: Mapping[str, Any], rows: Iterable[tuple[Any, ...]]) -> int:
        """Keep a run, forget the oldest ones, and return its number.

        Args:
            started: local time.
            summary: of the run.
            rows: a `KeptTest` for each test, or a plain tuple of the same.

        Raises:
            RecordingError: the store cannot be written.
            FormatError: the file is no store of runs.
        """
        with self._store.transaction() as connection:
            row = connection.execute(
                "INSERT INTO runs (started, summary) VALUES (?, ?) RETURNING id",
                (started.isoformat(timespec="seconds"), json.dumps(summary)),
            ).fetchone()
            connection.executemany(
                f"INSERT INTO tests (run_id, {_COLUMNS}) VALUES (?, {_MARKS})",
                ((row[0], *_storable(test)) for test in rows),  # a list would bring the garbage collector in
            )
            connection.execute("DELETE FROM runs WHERE id <= ?", (row[0] - MAX_RUNS,))
            connection.execute("DELETE FROM tests WHERE run_id <= ?", (row[0] - MAX_RUNS,))
        self.close()
        return int(row[0])

    def runs(self) -> list[Run]:
        """Return the runs, the oldest first."""
        rows = self._store.query("SELECT id, started, summary FROM runs ORDER BY id")
        return [Run(row[0], row[1], json.loads(row[2])) for row in rows]

    def find(self, number: int | None = None) -> Run:
        """Return a run by its number, or the newest.

        Raises:
            NothingFoundError: there is none.
        """
        runs = self.runs()
        if not runs:
            raise NothingFoundError(f"no runs in {self.path}: run `pytest --callbox-telemetry`")
        found = [run for run in runs if number in (None, run.id)]
        if not found:
            raise NothingFoundError(f"no run {number} in {self.path}: it has {runs[0].id} to {runs[-1].id}")
        return found[-1]

    def tests(self, run: Run) -> list[KeptTest]:
        """Return a run's tests in the order in which they ended."""
        rows = self._store.query(f"SELECT {_COLUMNS} FROM tests WHERE run_id = ? ORDER BY rowid", (run.id,))
        return [KeptTest(*row) for row in rows]

    def statuses(self, run: Run) -> dict[str, list[str]]:
        """Return each test's outcomes in the ten runs up to one, the oldest first."""
        first = run.id - _FLAKY_RUNS
        flaky = {each.id: set(each.summary.get("flaky", ())) for each in self.runs() if first < each.id <= run.id}
        rows = self._store.query(
            "SELECT run_id, id, status FROM tests WHERE run_id > ? AND run_id <= ? ORDER BY run_id, rowid",
            (first, run.id),
        )
        found: dict[str, list[str]] = {}
        for run_id, test, status in rows:
            found.setdefault(test, []).append(FLAKY if test in flaky.get(run_id, ()) else status)
        return found


def _storable(row: Sequence[Any]) -> Sequence[Any]:
    """Replace what SQLite cannot encode, such as a lone surrogate in a test's name."""
    test, _, _, _, sites, _, _, error = row
    if test.isascii() and error.isascii() and sites.isascii():
        return row
    return [value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in row]
