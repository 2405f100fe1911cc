"""`callbox docs`: recorded calls as examples in docstrings and Markdown."""

from __future__ import annotations

import tokenize
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callbox.cli.examples import examples
from callbox.cli.old_settings import CommandWithOldSettings
from callbox.cli.recorded_calls import calls_dir_option, formats_option, read_calls
from callbox.cli.waiting import waiting
from callbox.errors import GenerateError, reason
from callbox.render.text import count

if TYPE_CHECKING:
    from callbox.testgen.examples import Example
    from callbox.testgen.model import Target


@click.command(
    "docs", cls=CommandWithOldSettings, epilog=examples("callbox docs --dry-run", "callbox docs --markdown README.md")
)
@calls_dir_option
@formats_option
@click.option("--markdown", "-m", multiple=True, metavar="FILE",
              help="Fill the marks <!-- callbox: examples of NAME --> of a file instead of docstrings.")  # fmt: skip
@click.option("--each", default=3, show_default=True, type=click.IntRange(min=1), help="Examples of each function.")
@click.option("--remove", is_flag=True, help="Take the examples out again.")
@click.option("--dry-run", is_flag=True, help="Say what would be changed.")
def command(*, calls_dir: str, formats: tuple[str, ...], markdown: tuple[str, ...], each: int, **flags: bool) -> int:
    """Put recorded calls into docstrings and Markdown.

    They become examples that doctest runs. Each was run before it is written. What was put in before is replaced, so
    that a second run changes nothing. Functions without a docstring are left alone.
    """
    from callbox.testgen.examples import by_name, find_examples
    from callbox.testgen.outputs import root_of
    from callbox.testgen.project_imports import importing_from

    calls = read_calls(calls_dir, formats)
    with waiting("trying examples"), importing_from({root_of(c.call.target) for c in calls}):
        examples = {} if flags["remove"] else find_examples(calls, each)
    targets = dict.fromkeys(c.call.target for c in calls)
    changes = _in_markdown(markdown, by_name(examples)) if markdown else _in_docstrings(targets, examples)
    for path, data in changes.items():
        if not flags["dry_run"]:
            from callbox.testgen.outputs import write_bytes

            write_bytes(path, data)
        click.echo(f"{'would change' if flags['dry_run'] else 'changed'} {path}")
    n_examples = sum(map(len, examples.values()))
    said = (
        f"{count(n_examples, 'example')} of {count(len(examples), 'function')}, {count(len(changes), 'file')} changed"
    )
    click.echo(said, err=True)
    return 0


def _in_docstrings(targets: Iterable[Target], examples: Mapping[Target, Sequence[Example]]) -> dict[Path, bytes]:
    from callbox.testgen.documents import update_docstrings

    files: dict[Path, dict[str, Sequence[Example]]] = {}
    for target in targets:
        files.setdefault(Path(target.filename), {})
        if target in examples:
            files[Path(target.filename)][target.qualname] = examples[target]
    changes = {path: _revised(path, partial(update_docstrings, examples=found)) for path, found in files.items()}
    return {path: data for path, data in sorted(changes.items()) if data is not None}


def _in_markdown(names: Sequence[str], examples: Mapping[str, Sequence[Example]]) -> dict[Path, bytes]:
    from callbox.testgen.documents import update_markdown

    changes = {n: _revised(Path(n), partial(update_markdown, examples=examples, name=n)) for n in names}
    return {Path(name): data for name, data in changes.items() if data is not None}


def _revised(path: Path, revise: Callable[[str], str]) -> bytes | None:
    """Return a file's new content in its own encoding and with its own ends of lines; None if it stays as it is."""
    try:
        with path.open("rb") as file:
            encoding = tokenize.detect_encoding(file.readline)[0] if path.suffix == ".py" else "utf-8"
        text = path.read_bytes().decode(encoding)
        end = "\r\n" if "\r\n" in text else "\n"
        plain = text.replace("\r\n", "\n")
        revised = revise(plain)
    except OSError as error:
        raise GenerateError(f"cannot read {path}: {reason(error)}") from error
    except (UnicodeDecodeError, SyntaxError) as error:
        raise GenerateError(f"cannot read {path}: {error}") from error
    return None if revised == plain else revised.replace("\n", end).encode(encoding, "backslashreplace")
