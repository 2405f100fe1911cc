"""`callbox run`: record a program into a box."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from callbox.cli.plan import FlightPlan, launch
from callbox.cli.program import parse_program
from callbox.engine.options import MODES, Options

# \b keeps click from filling the lines.
_EXAMPLES = """
\b
Examples:
  callbox run -- script.py --its-option
  callbox run --include 'myapp.*' --include '!myapp.vendor.*' -- -m myapp
"""


@click.command("run", epilog=_EXAMPLES, context_settings={"allow_interspersed_args": False})
@click.option("--include", "-i", multiple=True, metavar="GLOB", help="Record modules that match; '!GLOB' excludes.")
@click.option("--mode", type=click.Choice(MODES), default="profile", show_default=True, help="How much to record.")
@click.option("--engine", default="auto", show_default=True, help="How calls are seen; see callbox doctor.")
@click.option("--c-calls/--no-c-calls", help="Record calls of C functions too.")
@click.option("--memory/--no-memory", help="Count the bytes and blocks that calls allocate.")
@click.option("--max-events", type=int, default=1 << 20, show_default=True, help="Events kept for each thread.")
@click.option("--max-depth", type=int, help="Deepest level of calls to record.")
@click.option("--output", "-o", default="callbox.cbx", show_default=True, metavar="BOX", help="Where to write.")
@click.option("--quiet", "-q", is_flag=True, help="Print no summary at the end.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
def command(program: tuple[str, ...], output: str, quiet: bool, include: tuple[str, ...], **options: Any) -> int:
    """Record a program into a box.

    PROGRAM is what stands after `python` on a command line: script.py args, -m module
    args or -c code args; `python` may stand before it. Write -- between callbox's
    options and it. Its input, output, arguments, signals and exit code are its own.
    """
    parsed = parse_program(program)
    plan = FlightPlan(Options(filters=include, **options), output, str(Path(output).absolute()), program, quiet)
    _reserve(plan)
    return launch(parsed, plan)


def _reserve(plan: FlightPlan) -> None:
    """Put a box in place that says its program did not end; what cannot work fails here, before the program."""
    from callbox.engine import new_recorder
    from callbox.recording import reserve_box

    header = new_recorder(plan.options).capture().header
    reserve_box(plan.path, dataclasses.replace(header, command=plan.command))
