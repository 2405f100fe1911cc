"""Refusals: the place inside a value that could not be taken, and why."""

from __future__ import annotations

from callbox.errors import CaptureError, GenerateError
from callbox.values.paths import Link, write_path


class RefusalError(CaptureError):
    """A value that has no exact encoding.

    Attributes:
        path: the place inside the value, e.g. `args[0].conn`.
        reason: why not, without the path.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"cannot capture {path}: {reason}")
        self.path = path
        self.reason = reason


class UnwritableError(GenerateError):
    """A value that cannot be written as Python source.

    Attributes:
        path: the place inside the value, e.g. `args[0].conn`.
        reason: why not, without the path.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"cannot write {path} as source: {reason}")
        self.path = path
        self.reason = reason


class RefusedPartError(Exception):
    """Raised where a place is known as a link; turned into the error for users at the top."""

    def __init__(self, link: Link, reason: str) -> None:
        super().__init__(reason)
        self.link = link
        self.reason = reason

    def as_refusal(self, name: str) -> RefusalError:
        """Return the error of the codec for a value called `name`."""
        return RefusalError(write_path(name, self.link), self.reason)

    def as_unwritable(self, name: str) -> UnwritableError:
        """Return the error of the source writer for a value called `name`."""
        return UnwritableError(write_path(name, self.link), self.reason)
