"""`callbox record`: record calls of chosen functions in full, to make tests of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from callbox.cli.examples import examples
from callbox.cli.plan import launch
from callbox.cli.program import Program, parse_program
from callbox.cli.recorded_calls import FORMATS
from callbox.cli.recording_plan import RecordingPlan
from callbox.cli.words import CommandWithProgram, program_words

_EXAMPLES = examples(
    "callbox record shop.pricing.discount -- script.py --its-option",
    "callbox record 'shop.*' '!shop.vendor.*' -- -m pytest -q",
)


@click.command("record", cls=CommandWithProgram, epilog=_EXAMPLES)
@click.option("--limit", "-l", type=click.IntRange(min=0), default=10, show_default=True,
              help="Different calls to keep of each function; 0 for all.")  # fmt: skip
@click.option("--storage-dir", "-s", default="call_logs", show_default=True, metavar="FOLDER", help="Where to write.")
@click.option("--format", type=FORMATS, default="exact", show_default=True,
              help="How: one exact store, or a file for each call.")  # fmt: skip
@click.option("--nested/--no-nested", help="Record calls inside calls of the same function too.")
@click.option("--mock", multiple=True, metavar="GLOB",
              help="Keep what these functions answer to recorded calls, for gen --mock.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Print no summary at the end.")
@click.argument("targets", nargs=-1, metavar="TARGET...")
@click.pass_context
def command(ctx: click.Context, /, targets: tuple[str, ...], **options: Any) -> int:
    """Record calls of functions while a program runs.

    TARGET is a function (shop.pricing.discount), a method (shop.models.Order.total), a
    class, a module, or a glob over all of these; '!GLOB' excludes. PROGRAM is what
    stands after `python` on a command line: script.py args, -m module args or -c code
    args. Its input, output, arguments, signals and exit code are its own.
    """
    program = parse_program(program_words(ctx))
    return launch(program, plan_recording(program, targets, options))


def plan_recording(program: Program, targets: tuple[str, ...], options: dict[str, Any]) -> RecordingPlan:
    """Check what can be checked before the program begins.

    Args:
        program: what will run.
        targets: names and globs.
        options: `limit`, `storage_dir`, `format`, `nested`, `mock` and `quiet`.

    Raises:
        ConfigError: a target names no function.
        RecordingError: the folder cannot be written.
        FormatError: the store there is something else, or of another version.
    """
    from callbox.cli.program import find_script
    from callbox.testgen.call_stores import open_store
    from callbox.testgen.sources import check_targets
    from callbox.testgen.targets import Targets

    if options["mock"] and options["format"] != "exact":
        raise click.UsageError(f"--mock keeps calls inside calls, which --format {options['format']} has no room for")
    script = find_script(program)
    Targets(targets, script)
    check_targets((*targets, *options["mock"]), script)
    folder = Path(options["storage_dir"]).absolute()
    store = open_store(folder, (options["format"],))
    store.prepare()
    store.close()
    return RecordingPlan(
        targets=targets,
        storage_dir=options["storage_dir"],
        folder=str(folder),
        script=script,
        limit=options["limit"],
        is_nested=options["nested"],
        mock=tuple(options["mock"]),
        format=options["format"],
        is_quiet=options["quiet"],
    )


def record_and_wait(program: Program, plan: RecordingPlan) -> int:
    """Run a program to its end, as `launch` would, and come back with its exit code, as a shell tells it.

    Ctrl-C is the program's, as it would be were it alone.
    """
    import os
    import signal
    import subprocess

    environ = plan.to_environment(os.environ)
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen(program.words, executable=program.executable, env=environ) as process:
            code = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code
