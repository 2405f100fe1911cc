"""Whether a process that has left files behind is still there."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_PROC = Path("/proc")
_STATE, _START = 0, 19
"""Fields of `/proc/PID/stat` after the name. Source: proc_pid_stat(5)."""
_SLACK_S = 1.0


def is_running(process_id: int, epoch_ns: int) -> bool:
    """Say whether the process that had an id at a time has not ended.

    One that has ended and that its parent has not asked after is over. A later
    process of the same id, on Linux, is told from it by when it was started.
    """
    if sys.platform == "win32":
        return False  # there, a file in use cannot be deleted
    if not (_PROC / "self" / "stat").exists():
        return _answers(process_id)
    try:
        fields = (_PROC / str(process_id) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False
    if fields[_STATE] in (b"Z", b"X"):
        return False
    booted_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    started_s = booted_s + int(fields[_START]) / os.sysconf("SC_CLK_TCK")
    return started_s <= epoch_ns / 1e9 + _SLACK_S


def _answers(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
