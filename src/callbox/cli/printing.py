"""What commands print for people: lines, and tables as wide as the terminal or as they need."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from callbox.render.text import printable

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN_WIDTH = 1000
"""Wider than any table: where no terminal sets a width, nothing is cut."""
_LEAST_WIDTH = 80
"""What a table's numbers and some of its names take; a terminal that has less breaks the lines."""


def print_lines(lines: Iterable[str]) -> None:
    """Print lines that hold text of the program's, whatever it would do to a terminal."""
    for line in lines:
        click.echo(printable(line))


@contextlib.contextmanager
def printed() -> Iterator[Console]:
    """Give a console whose lines are printed in the end, without blanks at their ends."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.width = max(console.width, _LEAST_WIDTH) if console.is_terminal else _PLAIN_WIDTH
    with console.capture() as capture:
        yield console
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))
