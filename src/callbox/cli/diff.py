"""`callbox diff`: how two recordings differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from callbox.cli import exits
from callbox.cli.box import name_boxes, open_box
from callbox.cli.examples import examples
from callbox.cli.json_output import json_option
from callbox.cli.output import STDOUT, open_output
from callbox.cli.waiting import waiting

if TYPE_CHECKING:
    from callbox.render.difference import Report


@click.command(
    "diff",
    epilog=examples(
        "callbox diff before.cbx after.cbx", "callbox diff --no-times --format html -o change.html before.cbx after.cbx"
    ),
)
@click.argument("before")
@click.argument("after")
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="As what to write it.",
)
@click.option("--output", "-o", default=STDOUT, metavar="OUT", help="A path or an fsspec URL; standard output if none.")
@click.option(
    "--values/--no-values", default=True, show_default=True, help="Compare arguments, results and exceptions."
)
@click.option("--times/--no-times", default=True, show_default=True, help="Compare the times of functions.")
@click.option("--max-lines", type=click.IntRange(min=0), default=200, show_default=True, help="Calls to show.")
@json_option
def command(before: str, after: str, *, form: str, output: str, max_lines: int, **flags: bool) -> int:
    """Say how two recordings differ.

    Calls added, removed and moved, the first value that changed, and functions that were called more often or
    became slower than noise explains. The exit code is 0 if there is no difference, 1 if there is one.
    """
    one, other = open_box(before), open_box(after)
    from callbox.tracing.difference import Comparison, compare_recordings

    names = tuple(name_boxes((before, after))) if before != after else (before, after)
    with waiting("comparing"):
        comparison = Comparison(flags["values"], flags["times"], max_lines)
        report = compare_recordings(one, other, (names[0], names[1]), comparison)
    with open_output(output) as file:
        file.write(_WRITERS["json" if flags["as_json"] else form](report).encode("utf-8", "backslashreplace") + b"\n")
    return exits.OK if report.is_equal else exits.NO


def _text(report: Report) -> str:
    from callbox.render.difference import format_difference

    return format_difference(report)


def _json(report: Report) -> str:
    return json.dumps(report.to_dict(), indent=2)


def _html(report: Report) -> str:
    from callbox.render.difference_html import format_html

    return format_html(report)


_WRITERS = {"text": _text, "json": _json, "html": _html}
