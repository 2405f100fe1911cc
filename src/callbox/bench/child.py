"""A forked process that does one thing within limits, and what became of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import msgspec

from callbox.config import project_redact_rules

_MAX_PRINTED_BYTES = 64 << 10
_MAX_ERRORS_BYTES = 4 << 10
_READ_BYTES = 1 << 20
_LOOK_S = 0.5
_EXIT_S = 1.0


@dataclass
class Stream:
    """What came through a pipe: the beginning, and a hash and count of all."""

    limit_bytes: int
    begin: bytearray = field(default_factory=bytearray)
    n_bytes: int = 0
    _hash: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    def take(self, data: bytes) -> None:
        """Count bytes; keep those that fit."""
        self.n_bytes += len(data)
        self._hash.update(data)
        self.begin += data[: max(0, self.limit_bytes - len(self.begin))]

    def value(self) -> Any:
        """Return the text, or what stands for one that is too long to keep."""
        text = bytes(self.begin).decode("utf-8", "replace")
        if self.n_bytes <= self.limit_bytes:
            return text
        return {"n_bytes": self.n_bytes, "blake2b": self._hash.hexdigest(), "begins": text}


@dataclass(frozen=True)
class Ending:
    """How a child ended.

    Attributes:
        message: what it sent, whole; None if it could not.
        status: as `os.waitpid` gives it.
        is_timeout: it was killed for taking too long.
        printed: what it printed while it was aside.
        n_printed: bytes of that.
        errors: the end of what it wrote to stderr.
    """

    message: bytes | None
    status: int
    is_timeout: bool
    printed: Any
    n_printed: int
    errors: str

    def describe(self, timeout_s: float) -> str:
        """Say in one line why it sent nothing."""
        if self.is_timeout:
            return f"it took longer than {timeout_s:g} s and was stopped: raise --timeout, or the benchmark's own"
        if os.WIFSIGNALED(self.status):
            return f"its process was killed by {signal.Signals(os.WTERMSIG(self.status)).name}"
        last = self.errors.strip().rpartition("\n")[2]
        return f"its process ended with exit code {os.WEXITSTATUS(self.status)}{f': {last}' if last else ''}"


class Child:
    """Forks, works, ends."""

    def __init__(self, folder: Path, memory_bytes: int) -> None:
        """Prepare.

        Args:
            folder: to work in.
            memory_bytes: data that it may have; 0 for no limit.
        """
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._aside_fd = -1
        project_redact_rules()  # read before the child has another folder

    def run(self, work: Callable[[Child], object], timeout_s: float) -> Ending:
        """Do the work in a child; its result is encoded and sent back."""
        pipes = [os.pipe() for _ in range(3)]
        process_id = os.fork()
        if process_id == 0:
            try:
                self._be_child(work, [writing for _, writing in pipes])
            finally:
                os._exit(70)
        for _, writing in pipes:
            os.close(writing)
        try:
            return _attend(process_id, [reading for reading, _ in pipes], timeout_s)
        except KeyboardInterrupt:
            with contextlib.suppress(ChildProcessError):
                _end_group(process_id, wait_s=0.0)
            raise
        finally:
            for reading, _ in pipes:
                os.close(reading)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Send what is printed meanwhile to whoever keeps it, also what C code prints."""
        sys.stdout.flush()
        before = os.dup(1)
        os.dup2(self._aside_fd, 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(before, 1)
            os.close(before)

    def _be_child(self, work: Callable[[Child], object], fds: list[int]) -> None:
        message_fd, self._aside_fd, errors_fd = fds
        os.setsid()
        os.chdir(self._folder)
        os.dup2(errors_fd, 2)
        sys.stdout, sys.stderr = _text_to(1), _text_to(2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self._memory_bytes:
            resource.setrlimit(resource.RLIMIT_DATA, (self._memory_bytes, self._memory_bytes))
        data = msgspec.msgpack.encode(work(self))
        if self._memory_bytes:
            resource.setrlimit(resource.RLIMIT_DATA, (self._memory_bytes, self._memory_bytes))
        view = memoryview(len(data).to_bytes(8, "little") + data)
        while view:
            view = view[os.write(message_fd, view) :]
        sys.stderr.flush()
        os._exit(0)


def _text_to(fd: int) -> TextIO:
    return os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def _attend(process_id: int, fds: list[int], timeout_s: float) -> Ending:
    """Read what a child sends until it ends, or is to be ended."""
    message, printed, errors = bytearray(), Stream(_MAX_PRINTED_BYTES), bytearray()
    deadline = time.monotonic() + timeout_s
    opened = set(fds)
    while opened and not _is_whole(message) and time.monotonic() < deadline:
        ready = select.select(list(opened), [], [], min(_LOOK_S, max(0.0, deadline - time.monotonic())))[0]
        if not ready and _has_ended(process_id):
            break  # what it started holds the pipes
        for fd in ready:
            data = os.read(fd, _READ_BYTES)
            if not data:
                opened.discard(fd)
            elif fd == fds[0]:
                message += data
            elif fd == fds[1]:
                printed.take(data)
            else:
                errors = (errors + data)[-_MAX_ERRORS_BYTES:]
    is_timeout = bool(opened) and not _is_whole(message) and not _has_ended(process_id)
    status = _end_group(process_id, wait_s=0.0 if is_timeout else _EXIT_S)
    _drain(fds[1], printed)
    whole = bytes(message[8:]) if _is_whole(message) else None
    return Ending(whole, status, is_timeout, printed.value(), printed.n_bytes, errors.decode("utf-8", "replace"))


def _is_whole(message: bytearray) -> bool:
    return len(message) >= 8 and len(message) - 8 >= int.from_bytes(message[:8], "little")


def _has_ended(process_id: int) -> bool:
    return os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_group(process_id: int, wait_s: float) -> int:
    """Kill what the child started and left, and the child itself if it does not end; return its status."""
    deadline = time.monotonic() + wait_s
    while not _has_ended(process_id) and time.monotonic() < deadline:
        time.sleep(0.0005)
    # Its own group, unless it died before it had one.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process_id, signal.SIGKILL)
    if not _has_ended(process_id):
        os.kill(process_id, signal.SIGKILL)
    return os.waitpid(process_id, 0)[1]


def _drain(fd: int, stream: Stream) -> None:
    """Take what is left in a pipe whose writers are gone."""
    while select.select([fd], [], [], 0)[0]:
        data = os.read(fd, _READ_BYTES)
        if not data:
            return
        stream.take(data)
