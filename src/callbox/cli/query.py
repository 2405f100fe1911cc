"""`callbox query`: SQL over recordings."""

from __future__ import annotations

import csv
import datetime
import decimal
import itertools
import math
import sys
from typing import TYPE_CHECKING, Any

import click

from callbox.cli.box import name_boxes, open_box
from callbox.cli.examples import examples
from callbox.cli.json_output import json_option, print_json
from callbox.cli.printing import printed
from callbox.cli.waiting import waiting
from callbox.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from callbox.recording.query import Answer

_EXAMPLES = examples(
    'callbox query app.cbx "select function, count(*) n from calls group by all order by n desc limit 5"',
    """callbox query before.cbx after.cbx "select * from values where role = 'exception'" --json""",
)


@click.command("query", epilog=_EXAMPLES)
@click.argument("words", nargs=-1, required=True, metavar="BOX... SQL")
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="As what to print the answer.",
)
@json_option
def command(words: tuple[str, ...], form: str, as_json: bool) -> None:
    """Ask recordings a question in SQL.

    Of the tables events, calls, functions, values and threads, whose column `box` says which recording a row is of.
    """
    *boxes, sql = words
    if not boxes:
        raise ConfigError('name a box before the SQL: callbox query callbox.cbx "select count(*) from calls"')
    from callbox.recording.query import query

    with waiting("asking"):
        recordings = {name: open_box(box) for name, box in name_boxes(boxes).items()}
        answer = query(recordings, sql)
    _WRITERS["json" if as_json else form](answer)


def _print_table(answer: Answer) -> None:
    from rich.table import Table

    if not answer.names:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, column in zip(answer.names, zip(*answer.rows, strict=True) if answer.rows else answer.names, strict=True):
        is_number = all(isinstance(value, int | float | decimal.Decimal | None) for value in column)
        table.add_column(_shown(name), justify="right" if answer.rows and is_number else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*map(_shown, row))
    with printed() as console:
        console.print(table)


def _shown(value: Any) -> str:
    from callbox.render.text import printable

    return "" if value is None else printable(str(value))


def _print_json(answer: Answer) -> None:
    keys = _distinct(answer.names)
    rows = [dict(zip(keys, map(_plain, row), strict=True)) for row in answer.rows]
    print_json(rows)


def _distinct(names: Sequence[str]) -> list[str]:
    """Number names that stand before: a second `n` is `n_2`."""
    keys: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in itertools.count(2))
        taken = {*keys, *names} if name in keys else ()
        keys.append(next(key for key in itertools.chain([name], numbered) if key not in taken))
    return keys


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; what JSON lacks becomes text."""
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def _print_csv(answer: Answer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.names)
    writer.writerows(answer.rows)


_WRITERS: dict[str, Callable[[Answer], None]] = {"table": _print_table, "json": _print_json, "csv": _print_csv}
