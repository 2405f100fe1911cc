"""Between those who fail and the store: the first failures of a kind are written at once, their repeats counted."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable

from callbox.errors import CallboxError
from callbox.failures.dump import KIND as DUMP
from callbox.failures.history import History
from callbox.failures.model import Failure, Passed

_FLUSH_INTERVAL_S = 1.0
_MAX_KINDS = 10_000
_MAX_WAITING_PASSED = 200


class Spool:
    """What one process has not written yet.

    The first `n_in_full` failures of a kind, and every dump, are written when they come; others are
    counted, and written with the next of the others, once a second, and at exit. What
    cannot be written is given up: a failing program has other worries. What comes amid
    a write, from a signal handler that fails, is written after it.
    """

    def __init__(
        self, history: History, *, n_in_full: int = 10, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._history = history
        self._n_in_full = n_in_full
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._n_seen: dict[str, int] = {}
        self._failures: list[Failure] = []
        self._repeats: dict[str, tuple[int, float]] = {}
        self._passed: list[Passed] = []
        self._last_flush_s = monotonic()
        self._is_writing = False
        self.problem = ""
        atexit.register(self.flush)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    @property
    def history(self) -> History:
        """The store that is written."""
        return self._history

    def add(self, failure: Failure) -> None:
        """Write a failure, or count it."""
        with self._lock:
            if len(self._n_seen) >= _MAX_KINDS:
                self._n_seen.clear()
            n_seen = self._n_seen[failure.fingerprint] = self._n_seen.get(failure.fingerprint, 0) + 1
            if n_seen <= self._n_in_full or failure.fingerprint == DUMP:
                self._failures.append(failure)
                self._write()
                return
            n, _ = self._repeats.get(failure.fingerprint, (0, 0.0))
            self._repeats[failure.fingerprint] = n + 1, failure.timestamp
            self._flush_in_time()

    def add_passed(self, passed: Passed) -> None:
        """Keep a call that went well until the next time something is written."""
        with self._lock:
            self._passed.append(passed)
            if len(self._passed) >= _MAX_WAITING_PASSED:
                self._write()
            else:
                self._flush_in_time()

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            self._write()

    def _flush_in_time(self) -> None:
        if self._monotonic() - self._last_flush_s >= _FLUSH_INTERVAL_S:
            self._write()

    def _write(self) -> None:
        if self._is_writing:
            return
        self._is_writing = True
        try:
            while self._failures or self._repeats or self._passed:
                self._write_once()
        finally:
            self._is_writing = False

    def _write_once(self) -> None:
        failures, self._failures = self._failures, []
        repeats, self._repeats = self._repeats, {}
        passed, self._passed = self._passed, []
        self._last_flush_s = self._monotonic()
        try:
            if failures or repeats:
                self._history.add(failures, repeats)
            if passed:
                self._history.add_passed(passed)
        except CallboxError as error:
            self.problem = str(error)

    def _forget(self) -> None:
        """In a forked child: what waits is the parent's to write."""
        self._lock = threading.RLock()
        self._is_writing = False
        self._failures.clear()
        self._repeats.clear()
        self._passed.clear()
