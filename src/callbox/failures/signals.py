"""Signals: SIGUSR2 asks for a dump, fatal ones leave the stacks of all threads in a file."""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from callbox.replacement import make_folder

FATAL_FILE_NAME = "fatal.txt"
_MAX_FATAL_BYTES = 1 << 20


class SignalWatch:
    """What happens to this process on signals. Only the main thread can say that."""

    def __init__(self, folder: Path, dump: Callable[[], object] | None) -> None:
        """Prepare.

        Args:
            folder: where `fatal.txt` is written.
            dump: called on SIGUSR2; None leaves that signal alone.
        """
        self._folder = folder
        self._dump = dump
        self._before: Any = None
        self._fatal_file: TextIO | None = None

    def install(self) -> None:
        """Take the signals; what looks after fatal ones already goes on to do so."""
        if threading.current_thread() is not threading.main_thread():
            return
        if self._dump is not None and hasattr(signal, "SIGUSR2"):
            self._before = signal.getsignal(signal.SIGUSR2) or signal.SIG_DFL
            signal.signal(signal.SIGUSR2, self._on_signal)
        if not faulthandler.is_enabled() and sys.stderr is not None:
            self._open_fatal_file()

    def remove(self) -> None:
        """Put back what was there, where it is still ours."""
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and self._before is not None and signal.getsignal(signal.SIGUSR2) == self._on_signal:
            signal.signal(signal.SIGUSR2, self._before)
        self._before = None
        if self._fatal_file is not None:
            faulthandler.disable()
            self._fatal_file.close()
            self._fatal_file = None

    def _open_fatal_file(self) -> None:
        path = self._folder / FATAL_FILE_NAME
        with contextlib.suppress(OSError):
            make_folder(self._folder)
            if path.exists() and path.stat().st_size > _MAX_FATAL_BYTES:
                path.replace(path.with_suffix(".old.txt"))
            self._fatal_file = path.open("a", encoding="utf-8")
            path.chmod(0o600)
            faulthandler.enable(self._fatal_file)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._dump is not None:
            self._dump()
