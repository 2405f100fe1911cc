"""`callbox show`: what a recording says, call by call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from callbox.cli import exits
from callbox.cli.box import open_box
from callbox.cli.examples import examples
from callbox.cli.json_output import json_option
from callbox.errors import NothingFoundError

if TYPE_CHECKING:
    from callbox.model import CallTree
    from callbox.recording import Recording

FORMATS = ("tree", "stack", "flat", "json", "dot")
_FOR_PROGRAMS = ("json", "dot")
"""What is UTF-8, whatever the terminal is."""


@dataclass(frozen=True, slots=True)
class _Limits:
    max_depth: int
    max_lines: int


@click.command(
    "show",
    epilog=examples(
        "callbox show app.cbx",
        "callbox show --function 'shop.*' --max-depth 3 app.cbx",
        "callbox show --last 20 .callbox/flight.cbx",
    ),
)
@click.argument("box")
@click.option("--format", "-f", type=click.Choice(FORMATS), help="As what; see above.")
@click.option("--function", metavar="GLOB", help="Show calls of functions that match, and what they called.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Show the N calls that began last.")
@click.option("--follow", is_flag=True, help="Show the calls of a program that runs as they begin.")
@click.option("--max-depth", type=click.IntRange(min=1), default=50, show_default=True, help="Levels of a tree.")
@click.option(
    "--max-lines", type=click.IntRange(min=1), default=1000, show_default=True, help="Lines of a tree or list."
)
@json_option
def command(
    box: str,
    *,
    format: str | None,  # noqa: A002  (the option's and the setting's name)
    function: str | None,
    last: int | None,
    max_depth: int,
    max_lines: int,
    **flags: bool,
) -> int:
    """Show what a recording says.

    Its calls as a tree, the newest or those of a function alone; the calls that were
    open at its end as stacks, each with what it had called last; its events as a
    list in order of time; its calls as JSON; its functions as a DOT graph.

    A tree unless told otherwise; stacks with --last N, then lines of each thread,
    if the program was killed or still runs. The exit code is 4 if the box is damaged.
    """
    if flags["follow"]:
        context = click.get_current_context()
        given = [context.get_parameter_source(name) for name in ("last", "format", "as_json")]
        if ParameterSource.COMMANDLINE in given:
            raise click.UsageError("--follow prints calls as they begin: leave --last, --format and --json out")
        from callbox.cli.follow import follow as follow_box

        follow_box(box, glob=function, max_lines=max_lines)
        return exits.OK
    recording = open_box(box)
    tree = recording.tree
    if function is not None:
        tree = _select(tree, function, box)
    if flags["as_json"]:
        format = "json"  # noqa: A001
    elif format is None:
        format = "tree" if last is None or recording.header.is_complete else "stack"  # noqa: A001
    if last is not None and format != "stack":
        from callbox.tracing.selection import select_newest

        tree = select_newest(tree, last)
    elif last is not None:
        max_lines = last
    text = _format(recording, tree, format, _Limits(max_depth, max_lines))
    click.echo(text.encode() if format in _FOR_PROGRAMS else text)
    return exits.OK


def _select(tree: CallTree, glob: str, box: str) -> CallTree:
    from callbox.tracing.selection import select_function

    selected = select_function(tree, glob)
    if not len(selected.calls):
        raise NothingFoundError(f"no function in {box} matches {glob!r}: `callbox stats` lists the names")
    return selected


def _format(recording: Recording, tree: CallTree, form: str, limits: _Limits) -> str:
    """Write a recording's tree, or a part of it; only the writer that is asked for is imported."""
    values = recording.describe_values(tree)
    if form == "flat":
        from callbox.render.flat import format_flat

        return format_flat(recording.events, tree, max_lines=limits.max_lines, values=values)
    if form == "stack":
        from callbox.render.stack import format_stacks

        return format_stacks(tree, max_lines=limits.max_lines, values=values)
    if form == "json":
        from callbox.render.json_text import format_json

        return format_json(tree, values=values)
    if form == "dot":
        from callbox.render.dot import format_dot
        from callbox.tracing.callgraph import CallGraph

        return format_dot(CallGraph(tree))
    from callbox.render.tree import format_tree

    return format_tree(tree, show_times=True, max_lines=limits.max_lines, max_levels=limits.max_depth, values=values)
