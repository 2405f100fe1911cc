"""`callbox run`: record a program into a box."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path
from typing import Any

import click

from callbox import config
from callbox.cli.examples import examples
from callbox.cli.flight_plan import FlightPlan
from callbox.cli.output import is_url
from callbox.cli.plan import launch
from callbox.cli.program import parse_program
from callbox.cli.spill import MIN_SLOTS, start_collector
from callbox.engine import ORACLE
from callbox.engine.options import ENVIRONMENTS, MODES, Options, resolve_mode
from callbox.engine.redaction import redact_command
from callbox.errors import ConfigError, reason

_EXAMPLES = examples(
    "callbox run -- script.py --its-option",
    "callbox run --include __main__ --include 'myapp.*' --include '!myapp.vendor.*' -- -m myapp",
    "callbox run --mode trace --output app.cbx -- -c 'import myapp; myapp.main()'",
)

_IN_MEMORY = (
    "no rings in {folder}: {reason}; the recording is in memory: if the program is killed it is lost, "
    "and processes that the program starts are not recorded"
)

_GIT_TIMEOUT_S = 2


@click.command("run", epilog=_EXAMPLES, context_settings={"allow_interspersed_args": False})
@click.option("--include", "-i", multiple=True, metavar="GLOB", help="Record modules that match; '!GLOB' excludes.")
@click.option(
    "--mode",
    type=click.Choice((*MODES, *ENVIRONMENTS)),
    default="profile",
    show_default=True,
    help="How much to record; production, ci and development stand for the first three.",
)
@click.option(
    "--engine", default="auto", show_default=True, metavar="NAME", help="How calls are seen: see `callbox doctor`."
)
@click.option("--all-values/--no-all-values", help="Keep every argument and result, whatever the cost.")
@click.option("--c-calls/--no-c-calls", help="Record calls of C functions too.")
@click.option("--memory/--no-memory", help="Count the bytes and blocks that calls allocate.")
@click.option("--spill/--no-spill", help="Move what rings hold to the box while the program runs: keep everything.")
@click.option("--max-events", type=int, default=1 << 20, show_default=True, help="Events kept for each thread.")
@click.option("--max-depth", type=int, help="Deepest level of calls to record.")
@click.option("--overhead-budget", type=float, metavar="SHARE", help="Record less where it costs more, like 0.05.")
@click.option("--output", "-o", default="callbox.cbx", show_default=True, metavar="BOX", help="Where to write.")
@click.option("--quiet", "-q", is_flag=True, help="Print no summary at the end.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
def command(program: tuple[str, ...], output: str, quiet: bool, include: tuple[str, ...], **options: Any) -> int:
    """Record a program into a box.

    PROGRAM is what stands after `python` on a command line: script.py args, -m module
    args or -c code args; `python` may stand before it. Write -- between callbox's
    options and it. Its input, output, arguments, signals and exit code are its own.
    """
    if is_url(output):
        raise ConfigError(f"cannot record to {output!r}: write the box here, then `callbox merge -o {output} BOX`")
    options["redact"] = config.project_redact_rules()
    options["mode"] = resolve_mode(options["mode"])
    parsed = parse_program(program)
    shown = redact_command(program, options["redact"])
    if options["spill"]:
        options["max_events"] = max(options["max_events"], MIN_SLOTS)
    plan = FlightPlan(Options(filters=include, **options), output, str(Path(output).absolute()), shown, quiet)
    return launch(parsed, _reserve(plan))


def _reserve(plan: FlightPlan) -> FlightPlan:
    """Put a box in place that says its program did not end; what cannot work fails here, before the program."""
    from callbox.engine import new_recorder
    from callbox.recording import reserve_box

    plan = dataclasses.replace(plan, commit=_find_commit())
    header = new_recorder(plan.options).header
    header = dataclasses.replace(header, command=plan.command, notes=(), commit=plan.commit)
    reserve_box(plan.path, header)
    plan = _with_folder(dataclasses.replace(plan, since_ns=header.started.monotonic_ns))
    if not plan.options.spill:
        return plan
    if plan.folder is None:
        raise ConfigError(f"--spill needs rings in files: {'; '.join(plan.notes) or 'this engine has none'}")
    start_collector(plan.folder, plan.path, dataclasses.replace(header, is_complete=False))
    return plan


def _find_commit() -> str:
    """Ask git for the commit of this folder; nothing where there is none, or no git."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=_GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def _with_folder(plan: FlightPlan) -> FlightPlan:
    """Give the recording a folder for rings that outlive their process, if the disk can hold them."""
    from callbox.engine import ring_bytes
    from callbox.recording.parts import discard_collection, discard_parts, find_parts, make_parts_folder, parts_folder

    folder = parts_folder(plan.path)
    discard_parts(folder, find_parts(folder)[0])
    discard_collection(folder)
    if plan.options.mode == "static" or plan.options.engine == ORACLE:
        return plan
    try:
        make_parts_folder(folder, ring_bytes(plan.options))
    except OSError as error:
        return dataclasses.replace(plan, notes=(*plan.notes, _IN_MEMORY.format(folder=folder, reason=reason(error))))
    return dataclasses.replace(plan, folder=str(folder))
