"""`callbox bench`: what ASV benchmarks compute, captured before an optimisation and verified after it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from callbox.cli import exits
from callbox.cli.bench_options import (
    BenchOptions,
    choosing_options,
    read_options,
    running_options,
    snapshot_option,
    tolerance_option,
)
from callbox.cli.examples import examples
from callbox.cli.extras import need
from callbox.cli.json_output import json_option, print_json
from callbox.cli.waiting import waiting
from callbox.errors import ConfigError, NothingFoundError, reason
from callbox.render.text import count

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from callbox.bench.model import BrokenModule, Finding
    from callbox.bench.snapshots import Snapshots
    from callbox.bench.verification import Plan

F = TypeVar("F", bound=Callable[..., Any])

_EXAMPLES = examples(
    "callbox bench list benchmarks",
    "callbox bench capture benchmarks",
    "callbox bench verify benchmarks --tolerance 1e-9 0 --html report.html",
)


@click.group("bench", epilog=_EXAMPLES)
def command() -> None:
    """Prove that optimised ASV benchmarks still compute the same.

    DIR is the folder of the benchmarks, or of asv.conf.json.
    """


@command.command(
    "list", epilog=examples("callbox bench list benchmarks", "callbox bench list . --filter time_sort --json")
)
@choosing_options
@json_option
def list_command(directory: str, as_json: bool, **given: Any) -> int:
    """List the benchmarks and their parameters.

    Modules that cannot be imported are listed too, with the reason.
    """
    from msgspec import to_builtins

    from callbox.bench.campaign import discover, select
    from callbox.bench.executors import open_executor
    from callbox.bench.suite import find_suite

    _need_runner()
    options = read_options(directory, given)
    suite = find_suite(options.directory)
    with open_executor(options.executor, options.jobs, 1) as executor, waiting("importing benchmarks"):
        found = discover(suite, options.settings(), executor)
    cases = select(found.benchmarks, options.pattern, options.exclude)
    benchmarks = list({case.benchmark.name: case.benchmark for case in cases}.values())
    if as_json:
        print_json({"benchmarks": to_builtins(benchmarks), "broken": to_builtins(found.broken)})
    else:
        for benchmark in benchmarks:
            n_cases = len(benchmark.cases())
            click.echo(f"{benchmark.name}  {benchmark.type}{f', {n_cases:,} cases' if n_cases > 1 else ''}")
        _tell_broken(found.broken)
        click.echo(f"{count(len(benchmarks), 'benchmark')}, {count(len(cases), 'case')}", err=True)
    return exits.OK if benchmarks else exits.NOTHING_FOUND


@command.command(
    "capture",
    epilog=examples(
        "callbox bench capture benchmarks",
        "callbox bench capture benchmarks --trace --snapshot-dir s3://bucket/snapshots",
    ),
)
@choosing_options
@running_options
@click.option("--trace", is_flag=True, help="Keep the calls with their values, for `verify --explain`.")
@click.option("--fresh", is_flag=True, help="Begin anew, even if a capture of the same was interrupted.")
def capture_command(directory: str, fresh: bool, **given: Any) -> int:
    """Run each benchmark in two processes and keep what it computes."""
    from callbox.bench.executors import open_executor
    from callbox.bench.snapshots import Snapshots
    from callbox.bench.verification import capture
    from callbox.store.location import open_location

    _need_runner()
    options = read_options(directory, given)
    snapshots = Snapshots(open_location(options.snapshot_dir))
    snapshots.create()
    with open_executor(options.executor, options.jobs, 2) as executor:
        plan, broken = _plan(options, executor)
        findings = _follow(capture(plan, snapshots, executor, is_fresh=fresh), len(plan.cases), options)
    return _report(options, f"Captured from {plan.suite.root}", findings, broken)


@command.command(
    "verify",
    epilog=examples("callbox bench verify benchmarks", "callbox bench verify benchmarks --explain --junit answers.xml"),
)
@choosing_options
@running_options
@tolerance_option
@click.option("--explain", is_flag=True, help="Name the first call that gave something else; needs `capture --trace`.")
def verify_command(directory: str, explain: bool, **given: Any) -> int:
    """Run each benchmark and compare with the snapshots.

    The exit code is 0 if all still compute the same, 1 if one does not, 5 if nothing could be told.
    """
    from callbox.bench.executors import open_executor
    from callbox.bench.verification import explained, verify

    _need_runner()
    options = read_options(directory, given)
    snapshots = _snapshots_at(options.snapshot_dir)
    with open_executor(options.executor, options.jobs, 1) as executor:
        plan, broken = _plan(options, executor)
        found = verify(plan, snapshots, options.tolerances(), executor)
        findings = _follow(found, len(plan.cases), options)
        if explain:
            findings = explained(plan, snapshots, findings)
    return _report(options, f"Verified in {plan.suite.root}", findings, broken)


@command.command("diff", epilog=examples("callbox bench diff .snapshots s3://bucket/snapshots"))
@click.argument("before")
@click.argument("after")
@click.option("--filter", "-k", "pattern", default="", metavar="REGEX", help="Only benchmarks whose name matches.")
@tolerance_option
@json_option
def diff_command(before: str, after: str, pattern: str, tolerance: tuple[float, float] | None, as_json: bool) -> int:
    """Compare the snapshots of two locations; no benchmark is run."""
    from callbox.bench.difference import compare_snapshots

    options = read_options(".", {"tolerance": tolerance, "as_json": as_json})
    old, new = _snapshots_at(before), _snapshots_at(after)
    findings = compare_snapshots(old, new, pattern, options.tolerances())
    return _report(options, f"{before} and {after}", findings, ())


@command.command("config", epilog=examples("callbox bench config --show", "callbox bench config benchmarks --init"))
@click.argument("directory", default=".", metavar="[DIR]")
@click.option("--init", "is_init", is_flag=True, help="Write a callbox.toml with the defaults.")
@click.option("--show", "is_show", is_flag=True, help="Print what is in force.")
def config_command(directory: str, is_init: bool, is_show: bool) -> int:
    """Write or show the configuration."""
    from callbox.cli.bench_options import DEFAULT_TOML

    if is_init == is_show:
        raise click.UsageError("give --init or --show", click.get_current_context())
    if is_show:
        options = read_options(directory, {})
        print_json(options.as_table())
        return exits.OK
    path = Path(directory) / "callbox.toml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(DEFAULT_TOML)
    except FileExistsError:
        raise ConfigError(f"{path} exists: add a section [bench] to it, or delete it first") from None
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {reason(error)}; choose another folder") from error
    click.echo(f"wrote {path}")
    return exits.OK


@command.command("clean", epilog=examples("callbox bench clean benchmarks --filter time_sort --dry-run"))
@choosing_options
@snapshot_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
def clean_command(directory: str, yes: bool, dry_run: bool, **given: Any) -> int:
    """Delete snapshots, and what only they need."""
    from callbox.bench.campaign import by_name

    options = read_options(directory, given)
    snapshots = _snapshots_at(options.snapshot_dir)
    is_chosen = by_name(options.pattern, options.exclude)
    chosen = [entry.id for entry in snapshots.entries().values() if is_chosen(entry.benchmark)]
    if not chosen:
        raise NothingFoundError(f"no snapshot in {options.snapshot_dir} matches {options.pattern!r}")
    if dry_run:
        click.echo("\n".join(chosen))
        click.echo(f"{count(len(chosen), 'snapshot')} would be deleted", err=True)
        return exits.OK
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError(
                f"{count(len(chosen), 'snapshot')} would be deleted: say --yes to do it without being asked"
            )
        click.confirm(f"Delete {count(len(chosen), 'snapshot')} in {options.snapshot_dir}?", abort=True)
    n_blobs = snapshots.delete(chosen)
    click.echo(f"deleted {count(len(chosen), 'snapshot')} and {count(n_blobs, 'blob')}")
    return exits.OK


def _need_runner() -> None:
    need("asv_runner", extra="bench", user="callbox bench")


def _snapshots_at(location: str) -> Snapshots:
    from callbox.bench.snapshots import Snapshots
    from callbox.store.location import open_location

    snapshots = Snapshots(open_location(location))
    if not snapshots.exists():
        raise NothingFoundError(f"no snapshots in {location}: run `callbox bench capture` first")
    return snapshots


def _plan(options: BenchOptions, executor: Executor) -> tuple[Plan, tuple[BrokenModule, ...]]:
    from callbox.bench.campaign import discover, select
    from callbox.bench.suite import find_suite
    from callbox.bench.verification import Plan

    suite = find_suite(options.directory)
    with waiting("importing benchmarks"):
        found = discover(suite, options.settings(), executor)
    cases = select(found.benchmarks, options.pattern, options.exclude)
    if not cases and (options.pattern or not found.broken):
        raise NothingFoundError(f"no benchmark in {suite.root} matches {options.pattern!r}: see `callbox bench list`")
    plan = Plan(suite, tuple(cases), options.settings(), tuple(options.pickle))
    # Whoever chose benchmarks by name did not ask for what is broken elsewhere.
    return plan, () if options.pattern and cases else found.broken


def _follow(found: Iterator[Finding], n_cases: int, options: BenchOptions) -> list[Finding]:
    """Gather findings; show on a terminal how far it is."""
    from callbox.bench.reports.text import summary

    if options.as_json or options.quiet or not sys.stderr.isatty():
        return list(found)
    from rich.console import Console
    from rich.progress import Progress

    findings = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("benchmarks", total=n_cases)
        for finding in found:
            findings.append(finding)
            progress.update(task, advance=1, description=summary(findings))
    return findings


def _write(options: BenchOptions, target: str, content: bytes) -> None:
    from callbox.cli.output import STDOUT, open_output

    with open_output(target) as file:
        file.write(content)
    if target != STDOUT and not options.quiet:
        click.echo(f"wrote {target}", err=True)


def _report(options: BenchOptions, title: str, findings: list[Finding], broken: tuple[BrokenModule, ...]) -> int:
    from msgspec import to_builtins

    from callbox.bench.reports.junit import write_junit
    from callbox.bench.reports.page import write_page
    from callbox.bench.reports.text import is_worth_showing, lines_of, summary
    from callbox.bench.verification import exit_code_of

    findings = sorted(findings, key=lambda finding: finding.id)
    if options.junit:
        _write(options, options.junit, write_junit(findings, broken))
    if options.html:
        _write(options, options.html, write_page(title, findings, broken))
    if options.as_json:
        document = {
            "findings": to_builtins(findings),
            "broken": to_builtins(broken),
            "summary": summary(findings, broken),
        }
        print_json(document)
        return exit_code_of(findings, broken)
    for finding in findings:
        if is_worth_showing(finding, is_verbose=options.verbose, is_quiet=options.quiet):
            click.echo("\n".join(lines_of(finding, is_verbose=options.verbose)))
    _tell_broken(broken)
    click.echo(summary(findings, broken))
    return exit_code_of(findings, broken)


def _tell_broken(broken: tuple[BrokenModule, ...]) -> None:
    for module in broken:
        click.echo(f"broken       {module.module}\n    {module.reason}")
