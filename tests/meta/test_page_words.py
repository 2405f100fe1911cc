"""Commands, options, sessions and files that sentences of the pages name are there."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest
from tests.support.pages import ROOT, find_pages, read_blocks, read_spans

from callbox.cli.main import callbox
from callbox.config import COMMANDS
from callbox.errors import CallboxError

SPANS = [(name, line, text) for name, page in find_pages().items() for line, text in read_spans(page)]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
OF_OTHERS = {
    "--bench": "asv",
    "--cov-context": "pytest-cov",
    "--junitxml": "pytest",
    "--parallel": "Django",
    "--preload": "gunicorn",
    "--reload": "uvicorn",
    "--testrunner": "Django",
    "--workers": "uvicorn",
}
"""Options of other programs, which pages speak of."""
CHECKED_IN = ("benchmarks/", "docs/", "examples/", "fuzz/", "src/", "tests/", "tools/", "trust/")
MADE_BY_GEN = "tests/generated"


def spans_that(pattern: str) -> list[tuple[str, int, str]]:
    return [span for span in SPANS if re.match(pattern, span[2])]


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that a line names, and the words that follow."""
    command: click.Command = callbox
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            break
        command, words = found, words[1:]
    return command, words


def complaint(line: str) -> str:
    """Parse a command line, without running it; return what is wrong with it."""
    command, words = find_command(shlex.split(re.split(r" (?:\||>>?) ", line)[0])[1:])
    if not words:
        return "" if command is not callbox else f"{line}: no such command"
    try:
        command.make_context(str(command.name), words, resilient_parsing=isinstance(command, click.Group))
    except (click.ClickException, CallboxError) as error:
        return f"{line}: {error}"
    return ""


def known_options() -> set[str]:
    """List the options of all commands, of the plugin for pytest, and of the project's scripts."""
    commands: list[click.Command] = [callbox]
    options = {"--help", "--version"}
    for command in commands:
        options |= {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        if isinstance(command, click.Group):
            context = click.Context(command)
            commands += [
                found for name in command.list_commands(context) if (found := command.get_command(context, name))
            ]
    scripts = [ROOT / "src/callbox/pytest_plugin/__init__.py"]
    scripts += [path for folder in ("benchmarks", "tools") for path in (ROOT / folder).rglob("*.py")]
    return options | {found for path in scripts for found in re.findall(r'"(--[a-z-]+)"', path.read_text("utf-8"))}


def test_commands_that_are_named_are_understood() -> None:
    lines = [text.replace("COMMAND --help", "show app.cbx") for _, _, text in spans_that(r"callbox \w")]

    assert len(lines) > 50
    assert [said for line in lines if (said := complaint(line))] == []


def test_options_that_are_named_exist() -> None:
    named = {
        (name, option)
        for name, _, text in SPANS
        for option in re.findall(r"(?<!\S)(--[a-z][a-z-]*)", text)
        if re.match(r"--|callbox |pytest ", text)
    }

    assert len(named) > 50
    assert {option for _, option in named} - known_options() == {option for _, option in named if option in OF_OTHERS}


def test_extras_that_are_named_exist() -> None:
    named = {(name, extra) for name, _, text in SPANS for extra in re.findall(r"(?:callbox|\.)\[(\w+)\]", text)}
    [install] = [block.text for block in read_blocks(ROOT / "docs/index.md") if block.language == "sh"]
    rows = re.findall(r"^\| (`.*?`) \|", (ROOT / "docs/index.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert {extra for _, extra in named} <= set(EXTRAS)
    assert re.findall(r"pip install (\S+)", install) == ["callbox", "'callbox[all]'"]
    assert {extra for row in rows for extra in re.findall(r"`(\w+)`", row)} == set(EXTRAS) - {"all"}
    assert {extra for each in EXTRAS["all"] for extra in re.split(r"[\[\],]", each)[1:-1]} == set(EXTRAS) - {"all"}


@pytest.mark.parametrize(
    "module", sorted({m[1] for _, _, text in SPANS for m in [re.search(r"-m (callbox\S*)", text)] if m})
)
def test_module_that_is_named_is_there(module) -> None:
    assert importlib.util.find_spec(module) is not None


def test_sessions_that_are_named_exist() -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    sessions = set(re.findall(r"^@nox\.session.*\n(?:@.*\n)*def (\w+)", noxfile, re.MULTILINE))
    named = {re.split(r"[(\"]", text.split()[2].lstrip('"'))[0] for _, _, text in spans_that("nox -s ")} - {"NAME"}
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/development.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert named <= sessions
    assert sessions - set(rows) == set()


def test_files_that_are_named_are_there() -> None:
    named = {
        (name, path.split("::")[0])
        for name, _, text in SPANS
        for path in text.split()
        if path.startswith(CHECKED_IN) and not re.search(r"[*{]", path)
    }

    assert len(named) > 50
    assert [(name, path) for name, path in named if path != MADE_BY_GEN and not Path(ROOT / path).exists()] == []


def test_dependencies_that_are_named_are_all_there_are() -> None:
    words = " ".join((ROOT / "docs/index.md").read_text(encoding="utf-8").split())
    [named, backport] = re.findall(r"no other dependency than (.*?) \(and (.*?)'s backport before 3\.14\)", words)[0]
    required = PROJECT["project"]["dependencies"]
    always = {re.split(r"[><=]", each)[0] for each in required if ";" not in each}

    assert {name.lower() for name in re.split(r", | and ", named)} == always
    assert [each.split(">")[0] for each in required if "python_version < '3.14'" in each] == [f"backports.{backport}"]
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert "CPython 3.11 or newer" in words


def test_commands_that_can_be_configured_are_all_told() -> None:
    words = " ".join((ROOT / "docs/reference.md").read_text(encoding="utf-8").split())
    [told] = re.findall(r"What ([^.]*) are told each time can be configured", words)

    assert re.findall(r"`(\w+)`", told) == list(COMMANDS)
