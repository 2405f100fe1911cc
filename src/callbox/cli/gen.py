"""`callbox gen`: make tests of recorded calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from callbox.cli import exits
from callbox.cli.examples import examples
from callbox.cli.extras import need
from callbox.cli.json_output import json_option, print_json
from callbox.cli.old_settings import CommandWithOldSettings
from callbox.cli.recorded_calls import calls_dir_option, formats_option, report_option
from callbox.render.text import count

if TYPE_CHECKING:
    from callbox.testgen.report import Report

_MAX_MUTANTS = 200
DEFAULT_FOLDER = "tests/generated"


@click.command(
    "gen",
    cls=CommandWithOldSettings,
    epilog=examples("callbox gen", "callbox gen -d tests/recorded --function 'shop.*' --mutate"),
)
@calls_dir_option
@click.option("--output", "-o", metavar="FILE", help="Write one test module for all functions.")
@click.option("--output-dir", "-d", metavar="FOLDER",
              help=f"Write a test module for each function.  [default: {DEFAULT_FOLDER}]")  # fmt: skip
@formats_option
@click.option(
    "--function",
    "-f",
    "functions",
    multiple=True,
    metavar="TARGET",
    help="Make tests of these functions only; named as for `callbox record`.",
)
@click.option("--limit", "-l", type=click.IntRange(min=0), default=10, show_default=True,
              help="Tests of each function at most; 0 for all.")  # fmt: skip
@click.option("--mock", multiple=True, metavar="GLOB",
              help="Let these functions answer as they did when they were recorded with --mock.")  # fmt: skip
@click.option("--verify/--no-verify", default=True, help="Keep tests only that pass in fresh processes.  [default: on]")
@click.option("--mutate", is_flag=True, help="See which mutants of the functions the tests kill.")
@report_option
@json_option
@click.option("--quiet", "-q", is_flag=True, help="Print warnings and errors only.")
def command(**options: Any) -> int:
    """Make pytest tests of recorded calls.

    Each test is run twice in fresh processes before it is kept: with other hash seeds,
    in another order, with other random seeds and, where time-machine is installed, more
    than a year later.
    """
    need_pytest(options, "callbox gen")
    report = generate_tests(options)
    if options["as_json"]:
        print_json(report.to_json())
    else:
        print_report(report, is_quiet=options["quiet"])
    return exit_code(report)


def exit_code(report: Report) -> int:
    """Say whether there are tests now."""
    return exits.OK if report.files or report.unchanged else exits.NOTHING_FOUND


def need_pytest(options: dict[str, Any], user: str) -> None:
    """Refuse to begin without what tests are verified by, if they are to be."""
    if options["verify"]:
        need("pytest", extra="testgen", user=user)


def generate_tests(options: dict[str, Any]) -> Report:
    """Generate tests as `command` was asked to.

    Raises:
        CallboxError: there are no calls, or no tests can be written.
    """
    from callbox.testgen.call_stores import open_store
    from callbox.testgen.generate import GenerateOptions, Generator

    output, folder = _chosen_place(options["output"], options["output_dir"])
    say = None if options["quiet"] or options["as_json"] else _say
    generate = GenerateOptions(
        layout=layout_of(output, folder),
        functions=tuple(options["functions"]),
        limit=options["limit"],
        is_verified=options["verify"],
        replayed=tuple(options["mock"]),
        n_mutants=_MAX_MUTANTS if options.get("mutate") else 0,
    )
    generator = Generator(generate, say) if say else Generator(generate)
    store = open_store(options["calls_dir"], options["formats"])
    report = generator.run(store)
    store.close()
    if options["report"]:
        write_report(report, Path(options["report"]))
    return report


def _chosen_place(output: str | None, folder: str | None) -> tuple[str | None, str | None]:
    """Decide between a file and a folder: the command line before any settings."""
    if not (output and folder):
        return output, folder
    ctx = click.get_current_context()
    is_given = [ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in ("output", "output_dir")]
    if all(is_given):
        raise click.UsageError("-o writes one file and -d a folder of them: give one of the two")
    return (output, None) if is_given[0] else (None, folder)


def layout_of(output: str | None, folder: str | None) -> Any:
    """Return where test modules go."""
    from callbox.testgen.outputs import Layout

    if output:
        path = Path(output).absolute()
        return Layout(path.parent, path.name)
    return Layout(Path(folder or DEFAULT_FOLDER).absolute())


def write_report(report: Report, path: Path) -> None:
    """Write a report in the format that its name says."""
    import json

    from callbox.testgen.outputs import write_text

    write_text(path, report.to_html() if path.suffix == ".html" else json.dumps(report.to_json(), indent=2) + "\n")


def print_report(report: Report, *, is_quiet: bool) -> None:
    """Print what became of the calls; warnings only where it shall be quiet."""
    if not is_quiet:
        _print_fates(report)
    for name in report.left:
        click.echo(f"callbox: warning: {_relative(name)} was edited and is left as it is", err=True)
    for note in report.notes:
        click.echo(f"callbox: warning: {note}", err=True)
    if not is_quiet:
        n_same = f", {len(report.unchanged):,} unchanged" if report.unchanged else ""
        click.echo(f"wrote {count(len(report.files), 'test module')}{n_same} in {report.duration_s:.1f} s")


def _print_fates(report: Report) -> None:
    from callbox.testgen.report import Fate

    click.echo(f"{count(sum(report.n_seen.values()), 'call')} seen, {len(report.verdicts):,} kept")
    for fate in Fate:
        if report.count(fate):
            click.echo(f"  {report.count(fate):>6,} {fate.value}")
    for reason, n in report.reasons()[:10]:
        click.echo(f"         {n:,} {reason}")
    if report.mutation:
        mutation = report.mutation
        click.echo(f"{mutation['killed']} of {mutation['mutants']} mutants killed ({mutation['score']:.0%})")
        for survivor in mutation["survivors"][:10]:
            click.echo(f"         alive: {survivor}")


def _relative(name: str) -> str:
    path = Path(name)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else name


def _say(text: str) -> None:
    click.echo(f"callbox: {text}", err=True)
