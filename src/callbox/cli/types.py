"""`callbox types`: stubs of the types that functions were called with."""

from __future__ import annotations

from pathlib import Path

import click

from callbox.cli.examples import examples
from callbox.cli.old_settings import CommandWithOldSettings
from callbox.cli.recorded_calls import calls_dir_option, formats_option, read_calls
from callbox.cli.waiting import waiting
from callbox.render.text import count


@click.command(
    "types", cls=CommandWithOldSettings, epilog=examples("callbox types", "callbox types --output-dir typings")
)
@calls_dir_option
@formats_option
@click.option("--output-dir", "-d", default="stubs", show_default=True, metavar="FOLDER", help="Where stubs go.")
def command(calls_dir: str, formats: tuple[str, ...], output_dir: str) -> int:
    """Write stubs (.pyi) from the types of recorded calls.

    Unions of more than six types become Any. What was never observed is Any too.
    """
    from callbox.testgen.observed_types import TypeNames, observe_types, write_stub
    from callbox.testgen.outputs import root_of, write_text
    from callbox.testgen.project_imports import importing_from

    calls = read_calls(calls_dir, formats)
    names = {module: TypeNames(module) for module in {c.call.target.import_module for c in calls}}
    with waiting("looking at types"), importing_from({root_of(c.call.target) for c in calls}):
        signatures = observe_types(calls, names)
    n_functions = 0
    for module in sorted(names):
        own = [s for s in signatures if s.target.import_module == module]
        if own:
            path = Path(output_dir) / (module.replace(".", "/") + ".pyi")
            write_text(path, write_stub(own, names[module]))
            n_functions += len(own)
            click.echo(path)
    click.echo(f"types of {count(n_functions, 'function')} from {count(len(calls), 'call')}", err=True)
    return 0
