"""What a command's exit code says, and the one line that goes with an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.errors import CallboxError, FormatError, NothingFoundError

if TYPE_CHECKING:
    import click

OK = 0
NO = 1
"""The answer is no: recordings differ, values do not match, a limit was passed."""
USAGE = 2
NOTHING_FOUND = 3
UNREADABLE = 4
INTERRUPTED = 130
BROKEN_PIPE = 141
"""As a shell reports a program that died of SIGPIPE or SIGINT."""

_DAMAGE = "callbox.damage"
"""What `click` keeps for all contexts of one command line."""

_CODES: tuple[tuple[type[CallboxError], int], ...] = (
    (NothingFoundError, NOTHING_FOUND),
    (FormatError, UNREADABLE),
)


def note_damage() -> None:
    """Let the command that runs end with `UNREADABLE` where it would have ended with `OK`."""
    import click  # which a program that is recorded does without

    if context := click.get_current_context(silent=True):
        context.meta[_DAMAGE] = True


def settle(context: click.Context, code: object) -> int:
    """Return the exit code of a command that gave one, or none."""
    if isinstance(code, int) and code != OK:
        return code
    return UNREADABLE if context.meta.get(_DAMAGE) else OK


def exit_code(error: CallboxError) -> int:
    """Return the exit code that an error stands for; what is not listed is a wrong use."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), USAGE)
