"""`callbox clean`: forget recorded calls."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import click

from callbox.cli.examples import examples
from callbox.cli.old_settings import CommandWithOldSettings
from callbox.cli.recorded_calls import FORMATS, calls_dir_option
from callbox.errors import ConfigError
from callbox.render.text import count


@click.command(
    "clean",
    cls=CommandWithOldSettings,
    epilog=examples("callbox clean --before 2026-01-31 --dry-run", "callbox clean --glob 'shop.vendor.*' --yes"),
)
@calls_dir_option
@click.option("--formats", multiple=True, type=FORMATS,
              help="Delete calls kept in these formats.  [default: what the folder has]")  # fmt: skip
@click.option("--func", "functions", multiple=True, metavar="NAME", help="Delete calls of these functions only.")
@click.option("--glob", "globs", multiple=True, metavar="GLOB", help="Delete calls of functions that match only.")
@click.option(
    "--before", metavar="DATE", help="Delete calls before a date only; a bare date is the end of that day, UTC."
)
@click.option("--dry-run", is_flag=True, help="Say what would be deleted.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def command(**options: Any) -> int:
    """Delete recorded calls, all of them or some."""
    n_calls = clean_calls(options, is_asking=not options["yes"] and not options["dry_run"])
    verb = "would be deleted" if options["dry_run"] else "deleted"
    click.echo(f"{count(n_calls, 'call')} {verb} from {options['calls_dir']}")
    return 0


def clean_calls(options: dict[str, Any], *, is_asking: bool) -> int:
    """Delete calls as `command` was asked to, and return how many.

    Raises:
        ConfigError: the date is none.
        UsageError: there is nobody to ask.
    """
    from callbox.testgen.call_stores import open_store

    store = open_store(options["calls_dir"], options["formats"])
    before_ns = parse_date(options["before"]) if options["before"] else None
    functions = _chosen(store.names(), options["functions"], options["globs"])
    is_limited = bool(options["functions"] or options["globs"])
    found: Sequence[Any] = [] if is_limited and not functions else store.find(functions, before_ns)
    if found and not options["dry_run"]:
        if is_asking:
            _ask(len(found), options["calls_dir"])
        store.remove(found)
    store.close()
    return len(found)


def parse_date(text: str) -> int:
    """Return the end of a day in UTC, or a moment, in nanoseconds since the epoch.

    Raises:
        ConfigError: it is no ISO 8601 date or time.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--before {text!r}: write a date like 2026-01-31 or a time like 2026-01-31T12:00") from error
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    if "T" not in text and " " not in text:
        moment += dt.timedelta(days=1)
    return int(moment.timestamp()) * 10**9


def _chosen(names: Sequence[str], functions: Sequence[str], globs: Sequence[str]) -> list[str]:
    return [name for name in names if name in functions or any(fnmatchcase(name, glob) for glob in globs)]


def _ask(n_calls: int, folder: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"deleting {count(n_calls, 'call')} needs a yes, and there is no terminal to ask: add -y"
        )
    click.confirm(f"Delete {count(n_calls, 'call')} from {folder}?", abort=True)
