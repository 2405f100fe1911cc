"""`callbox tead`: record calls, and make tests of them."""

from __future__ import annotations

from typing import Any

import click

from callbox.cli.clean import clean_calls
from callbox.cli.examples import examples
from callbox.cli.gen import DEFAULT_FOLDER, exit_code, generate_tests, need_pytest, print_report
from callbox.cli.program import parse_program
from callbox.cli.record import plan_recording, record_and_wait
from callbox.cli.recorded_calls import FORMATS, formats_option, report_option
from callbox.cli.words import CommandWithProgram, program_words
from callbox.errors import NothingFoundError


@click.command(
    "tead",
    cls=CommandWithProgram,
    epilog=examples(
        "callbox tead 'shop.*' -- script.py --its-option",
        "callbox tead shop.total --pre-clean -o tests/test_total.py -- -m shop",
    ),
)
@click.option("--limit", "-l", type=click.IntRange(min=0), default=10, show_default=True,
              help="Different calls, and tests, of each function; 0 for all.")  # fmt: skip
@click.option("--storage-dir", "-s", default="call_logs", show_default=True, metavar="FOLDER", help="Where calls go.")
@click.option("--calls-dir", "-c", metavar="FOLDER", help="Where calls are read from.  [default: --storage-dir]")
@click.option("--format", type=FORMATS, default="exact", show_default=True, help="How calls are kept.")
@click.option("--nested/--no-nested", help="Record calls inside calls of the same function too.")
@click.option("--mock", multiple=True, metavar="GLOB",
              help="Let these functions answer in tests as they did in the program.")  # fmt: skip
@click.option("--output", "-o", metavar="FILE", help="Write one test module for all functions.")
@click.option("--output-dir", "-d", metavar="FOLDER",
              help=f"Write a test module for each function.  [default: {DEFAULT_FOLDER}]")  # fmt: skip
@formats_option
@click.option("--only-targets", is_flag=True, help="Make tests of the targets only, whatever else was recorded before.")
@click.option("--pre-clean", is_flag=True, help="Forget all calls first.")
@click.option("--pre-clean-before", metavar="DATE", help="Forget calls before a date first.")
@click.option("--verify/--no-verify", default=True, help="Keep tests only that pass in fresh processes.  [default: on]")
@report_option
@click.option("--quiet", "-q", is_flag=True, help="Print warnings and errors only.")
@click.argument("targets", nargs=-1, metavar="TARGET...")
@click.pass_context
def command(ctx: click.Context, /, targets: tuple[str, ...], **options: Any) -> int:
    """Record calls while a program runs, then make tests of them.

    TARGET and PROGRAM are as for `callbox record`, the rest as for `callbox gen`. The
    exit code is the program's own, if that is not 0.
    """
    program = parse_program(program_words(ctx))
    need_pytest(options, "callbox tead")
    plan = plan_recording(program, targets, options)
    calls_dir = options["calls_dir"] or options["storage_dir"]
    if options["pre_clean"] or options["pre_clean_before"]:
        before = options["pre_clean_before"] if not options["pre_clean"] else None
        chosen = {"calls_dir": calls_dir, "formats": options["formats"] or (options["format"],), "before": before}
        clean_calls({**chosen, "functions": (), "globs": (), "dry_run": False}, is_asking=False)
    code = record_and_wait(program, plan)
    formats = options["formats"] or (options["format"],)
    wanted = {**options, "calls_dir": calls_dir, "formats": formats, "as_json": False}
    wanted["functions"] = targets if options["only_targets"] else ()
    try:
        report = generate_tests(wanted)
    except NothingFoundError:
        if code:
            return code
        raise
    print_report(report, is_quiet=options["quiet"])
    return code or exit_code(report)
