"""What a run says of its tests while it goes on, in a file that outlives its processes: who has begun, who has ended.

Beside the store of runs, in `telemetry.db.running`. A run that ends keeps itself in the
store and removes its journal. Where a journal is left that no process holds, the run was
killed: whoever opens the store next keeps it, and calls the tests that had begun crashed.

The file begins with a line that says what it is; each line that follows is a JSON array,
written at once: `["begun", test, process]`, `["ended", test, status, ...]` as a row of the
store, or, from a worker of Django's, `["record", process, record]`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from callbox.replacement import make_folder
from callbox.telemetry.kept import KeptTest

try:
    import fcntl
except ImportError:  # Windows, where journals are written, but nobody can tell whether they are held
    fcntl = None  # type: ignore[assignment]

_HEAD = "callbox telemetry journal"
_VERSION = 1
_SUFFIX = ".running"
_FILE_MODE = 0o600
BEGUN, ENDED, RECORD = "begun", "ended", "record"


class Journal:
    """The journal of this process's run, or of the run that this process works for."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take an open file; `open_journal` and `join_journal` open one."""
        self.path = path
        self._fd = descriptor
        self._process_id = os.getpid()
        _open.append(self)

    def begin(self, test: str) -> None:
        """Say that a test begins."""
        self._write((BEGUN, test, self._process_id))

    def end(self, test: tuple[Any, ...]) -> None:
        """Say what is kept of a test that has ended: a `KeptTest`, or a plain tuple of the same."""
        self._write((ENDED, *test))

    def end_elsewhere(self, record: dict[str, Any]) -> None:
        """Say in a worker that a test has ended; its record may not reach the first process."""
        self._write((RECORD, self._process_id, record))

    def close(self) -> None:
        """Write no more, and leave the file."""
        if self in _open:
            _open.remove(self)
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = -1

    def discard(self) -> None:
        """Remove it: the run is kept elsewhere."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink()
            self.path.parent.rmdir()

    def disown(self) -> None:
        """Write no more: this is a process that the journal's has forked."""
        self._fd = -1

    def _write(self, entry: tuple[Any, ...]) -> None:
        if self._fd >= 0:
            try:  # noqa: SIM105  twice a test: `suppress` takes longer than to encode the line
                os.write(self._fd, _line(entry))
            except OSError:
                pass


def open_journal(store: str, started: dt.datetime) -> Journal | None:
    """Begin the journal of a run.

    Args:
        store: the database that the run will be kept in.
        started: when it began, local time.

    Returns:
        The journal; None where none can be written.
    """
    folder = journal_folder(store)
    path = folder / f"{os.getpid()}-{os.urandom(4).hex()}"
    try:
        make_folder(folder)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        _hold(descriptor, is_waiting=True)
        os.write(descriptor, _line((_HEAD, _VERSION, started.isoformat(timespec="seconds"), started.timestamp())))
    except OSError:
        return None
    return Journal(path, descriptor)


def join_journal(path: str) -> Journal | None:
    """Write in the journal of another process; None where there is none."""
    try:
        return Journal(Path(path), os.open(path, os.O_WRONLY | os.O_APPEND))
    except OSError:
        return None


def journal_folder(store: str | Path) -> Path:
    """Return where the journals of a store's runs are."""
    path = Path(store).absolute()
    return path.with_name(path.name + _SUFFIX)


class Account:
    """What a journal says.

    Attributes:
        started: when the run began, as text.
        wall_ms: what it had taken when it said the last word.
        running: tests that have begun and not ended, each with its process.
        ended: tests that have ended.
        records: of tests that have ended in a worker, with its process; the first process may have heard of them.
    """

    def __init__(self, path: Path) -> None:
        """Name the journal; nothing is read yet."""
        self.started = ""
        self.wall_ms = 0.0
        self.running: dict[str, int] = {}
        self.ended: dict[str, KeptTest] = {}
        self.records: dict[str, tuple[int, dict[str, Any]]] = {}
        self._path = path
        self._n_read = 0

    def read_on(self) -> None:
        """Read what was written since the last time; a last line that is not whole, the next time."""
        with self._path.open("rb") as file:
            file.seek(self._n_read)
            whole, _, _ = file.read().rpartition(b"\n")
            modified_s = os.fstat(file.fileno()).st_mtime
        self._n_read += len(whole) + 1 if whole else 0
        for line in whole.splitlines():
            with contextlib.suppress(ValueError, TypeError):
                self._take(json.loads(line), modified_s)

    def _take(self, entry: Sequence[Any], modified_s: float) -> None:
        kind = entry[0]
        if kind == BEGUN:
            self.running[entry[1]] = entry[2]
        elif kind == ENDED:
            test = KeptTest(*entry[1:])
            self.running.pop(test.id, None)
            self.ended[test.id] = test
        elif kind == RECORD:
            test_id = entry[2]["id"]
            self.running.pop(test_id, None)
            self.records[test_id] = entry[1], entry[2]
        elif kind == _HEAD and entry[1] == _VERSION:
            self.started = entry[2]
            self.wall_ms = round((modified_s - entry[3]) * 1e3, 3)


@contextlib.contextmanager
def left_behind(store: str | Path) -> Iterator[list[tuple[Path, Account]]]:
    """Yield the journals of runs that no process goes on with; nobody else takes them in the meantime."""
    descriptors: list[int] = []
    found: list[tuple[Path, Account]] = []
    try:
        for path in _others(journal_folder(store)):
            with contextlib.suppress(OSError):
                descriptors.append(os.open(path, os.O_RDWR))
                _hold(descriptors[-1])
                account = Account(path)
                account.read_on()
                is_there = os.fstat(descriptors[-1]).st_nlink > 0
                if account.started and is_there:
                    found.append((path, account))
        yield found
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _others(folder: Path) -> list[Path]:
    """Return journals, the oldest first; not those of this process, which opening and closing would release."""
    mine = {journal.path for journal in _open}
    if fcntl is None or not folder.is_dir():
        return []
    with contextlib.suppress(OSError):
        return sorted((path for path in folder.iterdir() if path not in mine), key=lambda path: path.stat().st_mtime_ns)
    return []


def _hold(descriptor: int, *, is_waiting: bool = False) -> None:
    """Hold a file as long as this process lives and has it open; processes that it forks do not hold it.

    Raises:
        OSError: another process does, and it is not to be waited for.
    """
    if fcntl is not None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX if is_waiting else fcntl.LOCK_EX | fcntl.LOCK_NB)


def _line(entry: tuple[Any, ...]) -> bytes:
    try:
        return _encoder.encode(entry) + b"\n"
    except (UnicodeEncodeError, TypeError):
        return json.dumps(entry, default=str).encode() + b"\n"


_encoder = msgspec.json.Encoder(enc_hook=str)
_open: list[Journal] = []


def _after_fork() -> None:
    for journal in _open:
        journal.disown()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
