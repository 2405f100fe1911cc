"""The box that the flight recorder's rings lie in: what they hold is there also after a crash.

One box for all processes of a service. Who comes first makes it, who comes later
joins, and who ends in order takes its rings out: what is left is of processes
that run, or that crashed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from callbox.engine.recorder import read_origin
from callbox.errors import CallboxError
from callbox.model import Capture
from callbox.recording import reserve_box, write_box
from callbox.recording.parts import find_parts, make_parts_folder, parts_folder
from callbox.recording.read import read_box
from callbox.replacement import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callbox.model import ClockReading, Header
    from callbox.recording.parts import ProcessParts

try:
    import fcntl
except ImportError:  # Windows: of processes that start at the same moment one may not find the other
    fcntl = None  # type: ignore[assignment]

_MAX_CRASHED = 8
"""Processes that crashed and whose rings are kept, the newest."""
_FORKS_PER_PRUNING = 64
_MAX_CLOCK_STEP_NS = 60_000_000_000
"""The wall clock may have been set by so much since; a boot later it tells another story."""


class FlightBox:
    """This process's part in the box."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Name the box."""
        self.path = Path(path)
        self.folder = parts_folder(path)
        self._is_open = False
        self._n_forks = 0

    def prepare(self, ring_bytes: int) -> None:
        """Make the folder for rings. It stays: nobody can know whether another process is about to use it.

        Raises:
            OSError: it cannot be made, or the disk has no room for a ring.
        """
        make_folder(self.path.parent)
        make_parts_folder(self.folder, ring_bytes)

    def join(self, header: Header) -> None:
        """Make the box, or join one that processes of the same kind have made; what is older is removed.

        Args:
            header: how this process records.

        Raises:
            ConfigError: the box cannot be written.
        """
        # readers leave out what was loaded before the box began
        header = dataclasses.replace(header, started=read_origin(), notes=())
        with self._locked():
            there = self._find_joinable(header)
            if there is None:
                self._remove_crashed(n_kept=0)
                reserve_box(self.path, header)
            elif header.started.monotonic_ns < there.started.monotonic_ns:
                reserve_box(self.path, dataclasses.replace(there, started=header.started))
            self._remove_crashed(n_kept=_MAX_CRASHED)
        self._is_open = True
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_parent=self._count_fork)

    def leave(self) -> None:
        """Take this process's rings out; let the box say who still records into it, or that nobody does."""
        if not self._is_open:
            return
        self._is_open = False
        own_id = os.getpid()
        with contextlib.suppress(CallboxError, OSError), self._locked():
            found = find_parts(self.folder)[0]
            for parts in found:
                if parts.process_id == own_id:
                    _remove(parts)
            self._hand_over(own_id, [parts for parts in found if parts.process_id != own_id])

    def _find_joinable(self, header: Header) -> Header | None:
        try:
            there = read_box(self.path)[0].header
        except CallboxError:
            return None
        is_same = there.mode == header.mode and _is_same_boot(there.started, header.started)
        return there if is_same and not there.is_complete else None

    def _hand_over(self, own_id: int, others: list[ProcessParts]) -> None:
        """Name a process that still runs: readers ask whether the one that the box names does."""
        header = read_box(self.path)[0].header
        running = [parts.process_id for parts in others if parts.is_running]
        if not others:
            write_box(Capture(dataclasses.replace(header, is_complete=True), (), ()), self.path)
        elif running and header.process_id == own_id:
            reserve_box(self.path, dataclasses.replace(header, process_id=running[0]))

    def _remove_crashed(self, n_kept: int) -> None:
        """Remove the rings of processes that crashed, but for those of the last ones."""
        crashed = sorted(
            (parts for parts in find_parts(self.folder)[0] if not parts.is_running), key=lambda parts: parts.nonce
        )
        for parts in crashed[: max(0, len(crashed) - n_kept)]:
            _remove(parts)

    def _count_fork(self) -> None:
        """Remove, now and then, what is left by children that end without exit handlers."""
        self._n_forks += 1
        if self._is_open and self._n_forks % _FORKS_PER_PRUNING == 0:
            with contextlib.suppress(OSError), self._locked():
                self._remove_crashed(n_kept=_MAX_CRASHED)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes out for a moment."""
        if fcntl is None:
            yield
            return
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _is_same_boot(one: ClockReading, other: ClockReading) -> bool:
    """Say whether two monotonic clocks are the same one, which every boot begins anew."""
    return abs((one.epoch_ns - one.monotonic_ns) - (other.epoch_ns - other.monotonic_ns)) < _MAX_CLOCK_STEP_NS


def _remove(parts: ProcessParts) -> None:
    for path in parts.files:
        with contextlib.suppress(OSError):
            path.unlink()
