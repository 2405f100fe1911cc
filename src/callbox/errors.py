"""The error tree of callbox: every error a user can meet derives from `CallboxError`.

A message says what failed, which value, and what to do next. The command line
maps each class to its exit code and prints the message without a traceback.
"""

from __future__ import annotations

import sys


class CallboxError(Exception):
    """Something callbox was asked to do could not be done."""


class RecordingError(CallboxError):
    """A recording could not be started, stopped or read back."""


class EngineError(RecordingError):
    """The chosen engine cannot run here, or its hook is already taken."""


class FormatError(CallboxError):
    """A file is unreadable, damaged, or of a version this callbox does not know."""


class CaptureError(CallboxError):
    """A value could not be captured."""


class GenerateError(CallboxError):
    """Source code could not be generated from a recording."""


class ConfigError(CallboxError):
    """An option, filter or configuration key is wrong."""


class ProgramError(CallboxError):
    """The program to record cannot be started."""


class NothingFoundError(CallboxError):
    """A recording or a file has nothing of what was asked for."""


class CallboxWarning(UserWarning):
    """A recording was made, but may not be what was meant."""


def reason(error: Exception) -> str:
    """Say in words why something failed: of what the system refuses, what it calls that."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def error_line(message: object) -> str:
    """Return an error's line for stderr: a message of several lines is joined into one."""
    return f"callbox: error: {' '.join(str(message).split())}"


def refuse(message: object) -> int:
    """Tell the user of a module that runs by `python -m` what is wrong, and return the exit code for it."""
    print(error_line(message), file=sys.stderr)
    return 2
