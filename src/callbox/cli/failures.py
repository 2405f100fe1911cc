"""`callbox failures`: what failed in this project, in whichever process."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callbox.cli.examples import examples
from callbox.cli.json_output import json_option, print_json
from callbox.cli.output import open_output
from callbox.cli.printing import print_lines
from callbox.cli.waiting import waiting
from callbox.errors import CallboxError, ConfigError, GenerateError, NothingFoundError
from callbox.render.text import count

if TYPE_CHECKING:
    from callbox.failures.history import History
    from callbox.failures.model import Failure

FORMATS = ("json", "md", "markdown", "yaml", "xml", "csv", "html")

_store = click.option("--store", type=click.Path(dir_okay=False), help="The database; that of the project by default.")


@click.group(
    "failures", epilog=examples("pytest --callbox-failures", "callbox failures list", "callbox failures show d719")
)
def command() -> None:
    """Show, count and clear the failures that were captured.

    They are kept in `.callbox/failures.db`, in the nearest folder upward that has a
    `.callbox` or a project file.
    """


def _open(store: str | None) -> History:
    from callbox.failures.history import History, find_path

    above = click.get_current_context().parent
    store = store or ((above.default_map or {}).get("store") if above else None)
    return History(Path(store) if store else find_path())


@command.command(
    epilog=examples("callbox failures report -o failures.html", "callbox failures report --format md --max-failures 50")
)
@_store
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), help="By the file's ending, else JSON.")
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="The file; else it is printed.")
@click.option("--max-failures", type=click.IntRange(min=1), metavar="N", help="The newest N.")
@click.option("--append", is_flag=True, help="Add to a report that is there.")
@click.option("--include-passed", is_flag=True, help="List passed calls too.")
def report(
    *,
    store: str | None,
    form: str | None,
    output: str | None,
    max_failures: int | None,
    append: bool,
    include_passed: bool,
) -> None:
    """Write a report of the failures."""
    from callbox.failures.output import OutputConfig, write_report

    if append and output is None:
        raise ConfigError("--append adds to a file: name it with --output")
    history = _open(store)
    config = OutputConfig(output, form, append=append, include_passed=include_passed, max_failures=max_failures)
    failures = history.failures()[::-1]
    passed = history.passed()[::-1] if include_passed else []
    path = write_report(config, failures, passed)
    if path is not None:
        shown = min(len(failures), max_failures or len(failures))
        click.echo(f"wrote {path}: {count(shown, 'failure')}")


@command.command("list", epilog=examples("callbox failures list --limit 10"))
@_store
@json_option
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Kinds, the newest first.")
def list_kinds(store: str | None, as_json: bool, limit: int) -> None:
    """List the kinds of failures, with how often each came."""
    from callbox.failures.words import kind_lines

    history = _open(store)
    groups = history.groups()
    if as_json:
        print_json([dataclasses.asdict(group) for group in groups[:limit]])
        return
    if not groups:
        raise _nothing(history)
    print_lines(kind_lines(groups[:limit]))
    if len(groups) > limit:
        click.echo(f"… {count(len(groups) - limit, 'more kind')}")


@command.command(epilog=examples("callbox failures show d719"))
@click.argument("id")
@_store
@json_option
def show(id: str, store: str | None, as_json: bool) -> None:  # noqa: A002  (the argument's name in --help)
    """Show a failure: where, with which values, after which calls.

    ID is a failure's or a kind's, or the beginning of one; of a kind the newest is shown.
    """
    from callbox.failures.plain import failure_to_dict
    from callbox.failures.words import failure_lines

    failure = find_failure(_open(store), id)
    if as_json:
        print_json(failure_to_dict(failure))
    else:
        print_lines(failure_lines(failure))


def find_failure(history: History, prefix: str) -> Failure:
    """Return the newest failure whose id or kind begins with a text.

    Raises:
        NothingFoundError: there is none.
    """
    found = history.find(prefix)
    if not found:
        raise NothingFoundError(f"no failure {prefix!r} in {history.path}: `callbox failures list` names them")
    return found[0]


@command.command(epilog=examples("callbox failures test d719 -o tests/test_order.py"))
@click.argument("id")
@_store
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="The test's file; else test_failure_ID.py here.")
def test(id: str, store: str | None, output: str | None) -> None:  # noqa: A002  (the argument's name in --help)
    """Write a test that fails as a failure did.

    It is run to see that it does. The call is that of the outermost function that can be imported and whose arguments
    can be written; why others cannot is said.
    """
    from callbox.failures.replay import fails_alike, source_of_test

    failure = find_failure(_open(store), id)
    path = Path(output or f"test_failure_{failure.id}.py")
    with open_output(str(path)) as file:
        file.write(source_of_test(failure).encode())
    click.echo(f"wrote {path}")
    with waiting("running it"):
        problem = fails_alike(path.absolute(), failure)
    if problem:
        raise GenerateError(f"{path} does not reproduce failure {failure.id}: {problem}")
    click.echo(f"it fails as the failure did: {failure.summary}")


@command.command(epilog=examples("callbox failures stats --prometheus"))
@_store
@json_option
@click.option("--prometheus", is_flag=True, help="As Prometheus' text format.")
def stats(store: str | None, as_json: bool, prometheus: bool) -> None:
    """Count failures, kinds and passed calls."""
    from callbox.failures.metrics import prometheus_text, stats_of

    history = _open(store)
    found = stats_of(history)
    if prometheus:
        click.echo(prometheus_text(found), nl=False)
    elif as_json:
        print_json(found)
    else:
        width = max(map(len, found))
        print_lines(f"{name.replace('_', ' '):<{width}}  {value}" for name, value in found.items())


@command.command(epilog=examples("callbox failures clear --confirm"))
@_store
@click.option("--confirm", is_flag=True, help="Do not ask.")
def clear(store: str | None, confirm: bool) -> None:
    """Forget all failures and passed calls."""
    history = _open(store)
    if not confirm:
        if not sys.stdin.isatty():
            raise ConfigError(f"this forgets everything in {history.path}: say --confirm")
        click.confirm(f"Forget everything in {history.path}?", abort=True)
    click.echo(f"forgot {count(history.clear(), 'failure')}")


@command.command(epilog=examples("callbox failures analyze"))
@_store
@json_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Kinds, the most frequent.")
def analyze(store: str | None, as_json: bool, limit: int) -> None:
    """Show what failures of one kind have in common.

    That is: what passed calls of the same function do not have.
    """
    from callbox.failures.analysis import analyze as look_at
    from callbox.failures.words import analysis_lines

    history = _open(store)
    groups = sorted(history.groups(), key=lambda group: -group.n)[:limit]
    found = look_at(groups, lambda kind: history.failures(fingerprint=kind), history.passed)
    if as_json:
        print_json([dataclasses.asdict(each) for each in found])
        return
    if not found:
        raise _nothing(history)
    print_lines(analysis_lines(found))


@command.command(epilog=examples("callbox failures features"))
@json_option
def features(as_json: bool) -> None:
    """List what can be captured, how, and as what it can be reported."""
    from callbox.failures.features import features as known

    found = known()
    if as_json:
        print_json(found)
        return
    for title, entries in found.items():
        click.echo(title)
        print_lines(f"  {name:<14} {text}" for name, text in entries.items())


def _nothing(history: History) -> CallboxError:
    return NothingFoundError(
        f"no failures in {history.path}: decorate functions with callbox.extract_on_failure, or run "
        "`pytest --callbox-failures`"
    )
