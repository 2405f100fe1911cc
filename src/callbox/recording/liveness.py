"""Whether a process that has left files behind is still there."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_PROC = Path("/proc")
_STATE, _START = 0, 19
"""Fields of `/proc/PID/stat` after the name. Source: proc_pid_stat(5)."""
_UNKNOWN = -1
"""A start, where the system does not tell."""
_SLACK_S = 1.0


def is_running(process_id: int, epoch_ns: int) -> bool:
    """Say whether the process that had an id at a time has not ended.

    One that has ended and that its parent has not asked after is over. A later
    process of the same id, on Linux, is told from it by when it was started.
    """
    started = _find_start(process_id)
    if started in (None, _UNKNOWN):
        return started is not None
    booted_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted_s + started / os.sysconf("SC_CLK_TCK") <= epoch_ns / 1e9 + _SLACK_S


class SeenProcess:
    """A process that is followed from when it was first seen: after that the wall clock may be set as it likes."""

    def __init__(self, process_id: int, epoch_ns: int) -> None:
        """Look for the process that had an id at a time."""
        self.process_id = process_id
        self._started = _find_start(process_id) if is_running(process_id, epoch_ns) else None

    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._started is not None and _find_start(self.process_id) == self._started


def _find_start(process_id: int) -> int | None:
    """Return when a process was started, in the system's ticks since it booted; None if it has ended."""
    if sys.platform == "win32":
        return None  # there, a file in use cannot be deleted
    if not (_PROC / "self" / "stat").exists():
        return _UNKNOWN if _answers(process_id) else None
    try:
        fields = (_PROC / str(process_id) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[_STATE] in (b"Z", b"X") else int(fields[_START])


def _answers(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
