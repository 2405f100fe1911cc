"""What a signal handler leaves to a thread: the code that it interrupted may hold any lock."""

from __future__ import annotations

import _thread
import contextlib
import os
import time
from collections.abc import Callable

from callbox.engine.quiet import Quiet
from callbox.failures.catch import problems

_MAX_WAIT_S = 5.0


class Errands:
    """Work that is done soon, in threads of its own, which nobody waits for but who asks to."""

    def __init__(self) -> None:
        self._running: list[tuple[int, _thread.LockType]] = []

    def run(self, work: Callable[[], object]) -> None:
        """Have something done; what goes wrong is counted in `problems`.

        Nothing here waits for a lock: `threading.Thread` would.
        """
        is_done = _thread.allocate_lock()
        is_done.acquire()
        errand = os.getpid(), is_done
        self._running.append(errand)
        try:
            _thread.start_new_thread(self._do, (work, errand))
        except RuntimeError:  # there can be no more threads, as when the interpreter ends
            self._do(work, errand)

    def wait(self) -> None:
        """Wait, for some seconds at most, until everything is done."""
        until = time.monotonic() + _MAX_WAIT_S
        for process_id, is_done in list(self._running):
            # no thread of a parent's has come along
            if process_id == os.getpid() and is_done.acquire(timeout=max(0.0, until - time.monotonic())):
                is_done.release()

    def _do(self, work: Callable[[], object], errand: tuple[int, _thread.LockType]) -> None:
        try:
            with Quiet():
                work()
        except Exception as error:
            problems.count(error)
        finally:
            with contextlib.suppress(ValueError):
                self._running.remove(errand)
            errand[1].release()
