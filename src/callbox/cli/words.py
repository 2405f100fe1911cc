"""Commands whose own words end at `--`, where those of a program begin."""

from __future__ import annotations

from typing import Any

import click

from callbox.cli.old_settings import CommandWithOldSettings

PROGRAM = "callbox.program"
"""Where the words after `--` are kept, in a context's `meta`; None if there was no `--`."""


class CommandWithProgram(CommandWithOldSettings):
    """A command that leaves what follows the first `--` alone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Split the words, and parse those of the command."""
        at = args.index("--") if "--" in args else None
        ctx.meta[PROGRAM] = None if at is None else tuple(args[at + 1 :])
        return super().parse_args(ctx, args if at is None else args[:at])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Name the program in the usage line."""
        return [*super().collect_usage_pieces(ctx), "-- PROGRAM..."]


def program_words(ctx: click.Context) -> tuple[str, ...]:
    """Return the words after `--`.

    Raises:
        UsageError: there are none.
    """
    words: Any = ctx.meta[PROGRAM]
    if not words:
        raise click.UsageError("there is no program: write it after --, like `-- script.py`", ctx)
    return tuple(words)
