"""A stretch of one thread's work that no recorder sees."""

from __future__ import annotations

from types import TracebackType

from callbox import _core


class Quiet:
    """While it is entered, nothing of this thread is recorded. May be nested."""

    def __enter__(self) -> None:
        """Record nothing from here on."""
        _core.mute()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Record again."""
        _core.unmute()
