"""What a person sees while a command works."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status

_DELAY_S = 0.5
"""Until something is said: what is done sooner needs no word, and Rich takes a while to import."""


class _Notice:
    """A line on the terminal that comes when something takes long, and goes when it is done."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._status: Status | None = None
        self._is_over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(_DELAY_S, self._show)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_over = True
            if self._status is not None:
                self._status.stop()

    def _show(self) -> None:
        from rich.console import Console

        with self._lock:
            if not self._is_over:
                self._status = Console(stderr=True).status(f"{self._what} …")
                self._status.start()


_is_shown = False


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal that something is under way if it takes a while; elsewhere, and inside another, nothing."""
    global _is_shown
    if _is_shown or not sys.stderr.isatty():
        yield
        return
    _is_shown = True
    try:
        with _Notice(what):
            yield
    finally:
        _is_shown = False
