"""Whether a process that has left files behind is still there."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_PROC = Path("/proc")
_NS_PER_S = 1_000_000_000
_STATE, _START = 0, 19
"""Fields of `/proc/PID/stat` after the name. Source: proc_pid_stat(5)."""
_UNKNOWN = -1
"""A start, where the system does not tell."""


def is_running(process_id: int, monotonic_ns: int) -> bool:
    """Say whether the process that had an id at a time of the monotonic clock has not ended.

    One that has ended and that its parent has not asked after is over. A later
    process of the same id, on Linux, is told from it by when it was started,
    however the wall clock was set since and whoever touched its files; and one
    of an earlier boot by a time that is yet to come.
    """
    started = _find_start(process_id)
    if started in (None, _UNKNOWN):
        return started is not None
    now_ns = time.monotonic_ns()
    # Starts count the time that the machine slept. When it did is not known: we take it for before the start.
    slept_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - now_ns
    started_ns = started * _NS_PER_S // os.sysconf("SC_CLK_TCK") - slept_ns
    return started_ns <= monotonic_ns <= now_ns


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
