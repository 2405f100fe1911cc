"""`callbox telemetry`: the runs of a project's tests, one by one or compared."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

import click

from callbox.cli import exits
from callbox.cli.examples import examples
from callbox.cli.json_output import json_option, print_json
from callbox.cli.output import STDOUT, open_output
from callbox.cli.printing import print_lines
from callbox.config import TELEMETRY, load_settings
from callbox.errors import ConfigError, NothingFoundError
from callbox.folders import working_folder
from callbox.render.text import count, printable

if TYPE_CHECKING:
    from callbox.telemetry.history import Run, RunHistory
    from callbox.telemetry.kept import KeptTest

_store = click.option("--store", type=click.Path(dir_okay=False), help="The database; that of the project by default.")


@click.group(
    "telemetry",
    epilog=examples("pytest --callbox-telemetry", "callbox telemetry report", "callbox telemetry compare 41 42"),
)
def command() -> None:
    """Show and compare the runs of tests that telemetry kept.

    `pytest --callbox-telemetry` keeps each run in `.callbox/telemetry.db`.
    """


@command.command("list", epilog=examples("callbox telemetry list"))
@_store
@json_option
def list_runs(store: str | None, as_json: bool) -> None:
    """List the runs, the newest first."""
    from callbox.telemetry.words import run_line

    history = _open(store)
    history.find()
    runs = history.runs()[::-1]
    if as_json:
        print_json([dataclasses.asdict(run) for run in runs])
    else:
        print_lines(run_line(run) for run in runs)


@command.command(epilog=examples("callbox telemetry report", "callbox telemetry report 42 --html tests.html"))
@click.argument("run", type=int, required=False)
@_store
@json_option
@click.option("--html", type=click.Path(dir_okay=False), metavar="FILE", help="Write a page.")
@click.option("--ctrf", type=click.Path(dir_okay=False), metavar="FILE", help="Write JSON in the format of CTRF.")
@click.option("--markdown", type=click.Path(dir_okay=False), metavar="FILE", help="Write a summary for a CI job.")
def report(
    *, run: int | None, store: str | None, as_json: bool, html: str | None, ctrf: str | None, markdown: str | None
) -> None:
    """Show a run: failures, flaky and slow tests, queries, N+1.

    The newest, unless another is named. FILE is - for standard output.
    """
    from callbox.telemetry.formats import ctrf_text, markdown_lines
    from callbox.telemetry.page import render_page
    from callbox.telemetry.words import run_lines

    history = _open(store)
    found = history.find(run)
    tests, statuses = history.tests(found), history.statuses(found)
    if html is not None:
        _write(html, render_page([each for each in history.runs() if each.id <= found.id], tests, statuses))
    if ctrf is not None:
        _write(ctrf, ctrf_text(found, tests, statuses))
    if markdown is not None:
        _write(markdown, "\n".join([*markdown_lines(found, tests, statuses), ""]))
    if as_json:
        print_json(_plain_run(found, tests, statuses))
    elif html is ctrf is markdown is None:
        print_lines(run_lines(found, tests, statuses))


@command.command(epilog=examples("callbox telemetry show tests/test_shop.py::test_order"))
@click.argument("test")
@click.option("--run", type=int, metavar="N", help="The run; by default the newest.")
@_store
@json_option
def show(test: str, run: int | None, store: str | None, as_json: bool) -> None:
    """Show what is kept of a test.

    Its outcome, what it cost, and its last runs. TEST is its id, or a part of it that may be in several.
    """
    from callbox.telemetry.words import test_lines

    history = _open(store)
    found = history.find(run)
    kept, statuses = history.tests(found), history.statuses(found)
    chosen = [each for each in kept if each.id == test] or [each for each in kept if test in each.id]
    if not chosen:
        raise NothingFoundError(f"no test of run {found.id} has {test!r} in its id: {history.path} keeps {len(kept):,}")
    if as_json:
        print_json([{**each._asdict(), "n_plus_one": each.sites, "last": statuses[each.id]} for each in chosen])
    else:
        for each in chosen:
            print_lines(test_lines(found, each, statuses[each.id]))


@command.command(epilog=examples("callbox telemetry compare 41 42"))
@click.argument("a", type=int)
@click.argument("b", type=int)
@_store
@json_option
def compare(a: int, b: int, store: str | None, as_json: bool) -> int:
    """Show which tests are worse in run B than in run A.

    By their outcome, time, queries, N+1 and coverage. The exit code is 1 if some are.
    """
    from callbox.telemetry.comparison import find_regressions
    from callbox.telemetry.words import regression_lines, run_line

    history = _open(store)
    before, after = history.find(a), history.find(b)
    tests = history.tests(before), history.tests(after)
    if not {test.id for test in tests[0]} & {test.id for test in tests[1]}:
        raise NothingFoundError(f"runs {a} and {b} have no test in common: nothing can be compared")
    regressions = find_regressions(*tests)
    if as_json:
        print_json([dataclasses.asdict(each) for each in regressions])
    else:
        print_lines([run_line(before), run_line(after)])
        print_lines(regression_lines(regressions))
        click.echo(count(len(regressions), "regression"))
    return exits.NO if regressions else exits.OK


def _open(store: str | None) -> RunHistory:
    from callbox.telemetry.history import RunHistory
    from callbox.telemetry.killed import keep_killed_runs
    from callbox.telemetry.lines import OFF

    store = store or load_settings(TELEMETRY, working_folder(), os.environ).get("store", "")
    if store == OFF:
        raise ConfigError("no runs are kept: store is 'off' in the configuration: name another with --store")
    history = RunHistory(store or "")
    click.get_current_context().call_on_close(history.close)
    for killed in keep_killed_runs(history):
        click.echo(f"callbox: {printable(str(killed))}: it is kept", err=True)
    return history


def _plain_run(run: Run, tests: list[KeptTest], statuses: dict[str, list[str]]) -> dict[str, Any]:
    from callbox.telemetry.comparison import is_flaky

    flaky = sorted(test for test, seen in statuses.items() if is_flaky(seen))
    plain = [{**test._asdict(), "n_plus_one": test.sites} for test in tests]
    return {**dataclasses.asdict(run), "flaky": flaky, "tests": plain}


def _write(location: str, text: str) -> None:
    with open_output(location) as file:
        file.write(text.encode("utf-8", "replace"))
    if location != STDOUT:
        click.echo(f"wrote {location}", err=True)
