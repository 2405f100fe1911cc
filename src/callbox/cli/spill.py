"""The collector of `callbox run --spill`: started beside the program, told of its end, waited for.

It is no child of the program, which may wait for its children, and no member of
its session, which a terminal may interrupt. While it lives it holds a lock on its
status file; what it has to say stands there when the lock is free.
"""

# pathlib would be one more module in the process of the program.
# ruff: noqa: PTH118

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import TYPE_CHECKING

from callbox.errors import ConfigError, reason

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callbox.model import Header
    from callbox.recording.collector import Status

MIN_SLOTS = 1 << 12
"""A smaller ring would stand still half of the time."""
_STATUS_BYTES = 1 << 14
"""Put on the disk at once: there must be room to say that there is no room."""
_TIMEOUT_S = 120.0
_PAUSE_S = 0.005
# What a shell starts in the background is nobody's child when the shell has ended.
_IN_BACKGROUND = ("/bin/sh", "-c", '"$@" &', "sh")
_MAIN = (
    "import json, sys; words = json.loads(sys.argv[1]); sys.path[:] = words.pop('sys_path'); "
    "from callbox.cli.spill import collect; collect(**words)"
)


def start_collector(folder: str, path: str, header: Header) -> None:
    """Start a collector for a recording that is about to begin.

    Args:
        folder: where the processes of the recording will make their rings.
        path: the box.
        header: of the recording; this process becomes the program.

    Raises:
        ConfigError: there is none on this system, or it cannot start.
    """
    if sys.platform == "win32":
        raise ConfigError("--spill does not work on Windows: leave it out")
    import subprocess

    from callbox.recording.box import encode_table

    words = {"sys_path": sys.path, "folder": folder, "path": path, "header": encode_table(header).decode()}
    with _locked_status(folder) as status:
        subprocess.run(
            (*_IN_BACKGROUND, sys.executable, "-P", "-c", _MAIN, json.dumps({**words, "status": status})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[status],
            start_new_session=True,
            check=True,
        )
    _wait_until_ready(folder)


def has_collector(folder: str) -> bool:
    """Say whether a collector is at work in a folder."""
    try:
        status = os.open(_status_path(folder), os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try_lock(status)
    finally:
        os.close(status)


def conclude(folder: str, header: Header) -> Status:
    """Tell the collector that the program has ended, and wait until the box is whole.

    Args:
        folder: where the rings are.
        header: of the whole recording.
    """
    import msgspec

    from callbox.recording.box import encode_table
    from callbox.recording.collector import Status
    from callbox.recording.parts import ENDING

    try:
        status = os.open(_status_path(folder), os.O_RDONLY)
    except OSError as error:
        return Status(failure=f"there is no collector: {reason(error)}")
    try:
        temporary = os.path.join(folder, f"{ENDING}.tmp")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:  # noqa: PTH123
            file.write(encode_table({"header": header}))
        os.replace(temporary, os.path.join(folder, ENDING))  # noqa: PTH105
        _wait_for_lock(status)
        told = msgspec.json.decode(_read_status(status), type=Status)
        return told if told.is_finished or told.failure else Status(failure="the collector was killed")
    except (OSError, TimeoutError) as error:
        return Status(failure=f"the collector cannot be told of the end: {reason(error)}")
    finally:
        os.close(status)


def collect(folder: str, path: str, header: str, status: int) -> None:
    """Be the collector: what the process runs that `start_collector` starts."""
    from pathlib import Path

    from callbox.model import Header
    from callbox.recording import box
    from callbox.recording.collector import Collector, Status
    from callbox.recording.journal import Journal
    from callbox.recording.parts import discard_collection

    whole = box.decode_table(memoryview(header.encode()), Header)
    try:
        collector = Collector(Path(folder), Journal(Path(path), whole), whole)
        _tell(status, Status())
        told = collector.run()
    except OSError as error:
        told = Status(failure=reason(error))
    except BaseException as error:
        told = Status(failure=f"a fault in callbox: {error!r}")
    _tell(status, told)
    if told.is_finished:
        discard_collection(folder)


@contextlib.contextmanager
def _locked_status(folder: str) -> Iterator[int]:
    """Give a new status file; the lock on it belongs to all who have the descriptor."""
    status = os.open(_status_path(folder), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(status, b" " * _STATUS_BYTES)
        fcntl.flock(status, fcntl.LOCK_EX)
        yield status
    finally:
        os.close(status)


def _wait_until_ready(folder: str) -> None:
    """Wait for the collector: how long a Python takes to begin, a program need not wait in the middle."""
    with open(_status_path(folder), "rb") as status:  # noqa: PTH123
        while not _read_status(status.fileno()):
            if not has_collector(folder):
                raise ConfigError("the collector cannot start: leave --spill out, or see what `callbox doctor` says")
            time.sleep(_PAUSE_S)


def _read_status(status: int) -> bytes:
    return os.pread(status, _STATUS_BYTES, 0).strip(b" \0")


def _tell(status: int, told: Status) -> None:
    import msgspec

    # Of one length: nothing needs new room on the disk.
    os.pwrite(status, msgspec.json.encode(told).ljust(_STATUS_BYTES)[:_STATUS_BYTES], 0)


def _status_path(folder: str) -> str:
    from callbox.recording.parts import STATUS

    return os.path.join(folder, STATUS)


def _try_lock(status: int) -> bool:
    try:
        fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for_lock(status: int) -> None:
    deadline_s = time.monotonic() + _TIMEOUT_S
    while not _try_lock(status):
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"it has not finished in {_TIMEOUT_S:.0f} s")
        time.sleep(_PAUSE_S)
