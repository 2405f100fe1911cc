"""Options of the commands that read recorded calls, and how they read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from callbox.cli.waiting import waiting
from callbox.errors import NothingFoundError

if TYPE_CHECKING:
    from callbox.testgen.call_store import StoredCall

FORMATS = click.Choice(("exact", "pickle", "json", "repr"))

calls_dir_option = click.option(
    "--calls-dir", "-c", default="call_logs", show_default=True, metavar="FOLDER", help="Where calls are."
)
formats_option = click.option("--formats", multiple=True, type=FORMATS, help="Read calls kept in these formats only.")


def _check_report(ctx: click.Context, parameter: click.Parameter, name: str | None) -> str | None:  # noqa: ARG001
    if name and Path(name).suffix not in (".json", ".html"):
        raise click.UsageError(f"--report {name}: its name must end in .json or .html", ctx)
    return name


report_option = click.option(
    "--report", metavar="FILE", callback=_check_report, help="Write what became of every call, as .json or .html."
)


def read_calls(calls_dir: str, formats: tuple[str, ...]) -> list[StoredCall]:
    """Return the calls of a folder.

    Raises:
        NothingFoundError: there are none.
    """
    from callbox.testgen.call_stores import open_store

    store = open_store(calls_dir, formats)
    with waiting("reading calls"):
        calls = list(store.calls())
    store.close()
    if not calls:
        raise NothingFoundError(f"{calls_dir} has no calls: record some by callbox record")
    return calls
