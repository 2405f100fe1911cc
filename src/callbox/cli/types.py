"""`callbox types`: stubs of the types that functions were called with."""

from __future__ import annotations

from pathlib import Path

import click

from callbox.cli.examples import examples
from callbox.cli.old_settings import CommandWithOldSettings
from callbox.cli.waiting import waiting
from callbox.errors import NothingFoundError


@click.command(
    "types", cls=CommandWithOldSettings, epilog=examples("callbox types", "callbox types --output-dir typings")
)
@click.option("--calls-dir", "-c", default="call_logs", show_default=True, metavar="FOLDER", help="Where calls are.")
@click.option("--formats", multiple=True, type=click.Choice(("exact", "pickle", "json", "repr")),
              help="Read calls kept in these formats only.")  # fmt: skip
@click.option("--output-dir", "-d", default="stubs", show_default=True, metavar="FOLDER", help="Where stubs go.")
def command(calls_dir: str, formats: tuple[str, ...], output_dir: str) -> int:
    """Write stubs (.pyi) from the types of recorded calls.

    Unions of more than six types become Any. What was never observed is Any too.
    """
    from callbox.testgen.call_stores import open_store
    from callbox.testgen.observed_types import TypeNames, observe_types, write_stub
    from callbox.testgen.outputs import root_of, write_text
    from callbox.testgen.project_imports import importing_from
    from callbox.testgen.resolve import module_name

    store = open_store(calls_dir, formats)
    with waiting("reading calls"):
        calls = list(store.calls())
    store.close()
    if not calls:
        raise NothingFoundError(f"{calls_dir} has no calls: record some by callbox record")
    names = {module: TypeNames(module) for module in {module_name(c.call.target) for c in calls}}
    with waiting("looking at types"), importing_from({root_of(c.call.target) for c in calls}):
        signatures = observe_types(calls, names)
    n_functions = 0
    for module in sorted(names):
        own = [s for s in signatures if module_name(s.target) == module]
        if own:
            path = Path(output_dir) / (module.replace(".", "/") + ".pyi")
            write_text(path, write_stub(own, names[module]))
            n_functions += len(own)
            click.echo(path)
    click.echo(f"types of {n_functions:,} functions from {len(calls):,} calls", err=True)
    return 0
