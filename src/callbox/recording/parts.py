"""The parts of a box: what its processes recorded, in files beside it until they are merged into it.

`OUT.cbx.parts` holds a ring file for each thread and a function log for each
process. They outlive a process that is killed, and while it lives they can be
read. Nothing in them is trusted: a file that is damaged is named, and left out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callbox.recording.liveness import is_running

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"(?P<process>\d{1,20})-(?P<nonce>[0-9a-f]{1,16})(?:-(?P<ring>\d{1,10})\.ring|\.functions)")

COLLECTOR_FILES = (STATUS, ENDING) = ("collector.json", "ending.json")
"""What a collector and the program tell each other."""


def parts_folder(path: str | os.PathLike[str]) -> Path:
    """Return where the parts of a box lie."""
    return Path(os.path.realpath(path) + ".parts")


@dataclass(frozen=True, slots=True)
class ProcessParts:
    """The files of one process."""

    process_id: int
    nonce: int
    """The monotonic clock, in nanoseconds, when it began to record."""
    rings: tuple[Path, ...]
    logs: tuple[Path, ...]
    """Its function log, unless there is none."""

    @property
    def is_running(self) -> bool:
        """Whether the process may record more."""
        return is_running(self.process_id, self.nonce)

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return *self.rings, *self.logs


def find_parts(folder: Path) -> tuple[tuple[ProcessParts, ...], tuple[str, ...]]:
    """List the processes that have files in a folder, in the order in which they began to record.

    Returns:
        The processes; the files that are none of theirs, a sentence each.
    """
    rings: dict[tuple[int, int], list[tuple[int, Path]]] = {}
    logs: dict[tuple[int, int], list[Path]] = {}
    notes = []
    for path in _list_files(folder):
        if path.name.removesuffix(".tmp") in COLLECTOR_FILES:
            continue
        match = _NAME.fullmatch(path.name)
        if match is None:
            notes.append(f"{path.name!r} among the parts is no file of callbox's")
            continue
        key = int(match["nonce"], 16), int(match["process"])
        found = rings.setdefault(key, [])
        if match["ring"] is None:
            logs.setdefault(key, []).append(path)
        else:
            found.append((int(match["ring"]), path))
    parts = tuple(
        ProcessParts(
            process_id,
            nonce,
            tuple(path for _, path in sorted(rings[nonce, process_id])),
            tuple(logs.get((nonce, process_id), ())),
        )
        for nonce, process_id in sorted(rings)
    )
    return parts, tuple(notes)


def make_parts_folder(folder: Path, ring_bytes: int) -> None:
    """Make a folder for parts, open to its owner alone.

    Raises:
        OSError: it cannot be made, or the disk has no room for a ring.
    """
    if shutil.disk_usage(folder.parent).free < ring_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)


def discard_parts(folder: str | os.PathLike[str], found: Iterable[ProcessParts]) -> None:
    """Delete processes' files, and the folder if it is empty then; what cannot be deleted stays."""
    for path in (path for parts in found for path in parts.files):
        with contextlib.suppress(OSError):
            path.unlink()
    with contextlib.suppress(OSError):
        Path(folder).rmdir()


def discard_collection(folder: str | os.PathLike[str]) -> None:
    """Delete what a collector and its program told each other, and the folder if it is empty then."""
    for name in COLLECTOR_FILES:
        with contextlib.suppress(OSError):
            Path(folder, name).unlink()
    with contextlib.suppress(OSError):
        Path(folder).rmdir()


def _list_files(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return ()
