"""The help of every command holds examples, and each of them is a command line that is understood."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from callbox.cli.main import callbox


def find_commands(group: click.Group, words: str = "callbox") -> dict[str, click.Command]:
    """List a group's commands, groups among them, by the words that lead to them."""
    context = click.Context(group)
    found: dict[str, click.Command] = {words: group}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found |= find_commands(command, f"{words} {name}") if isinstance(command, click.Group) else {}
        found[f"{words} {name}"] = command
    return found


def examples_of(command: click.Command, words: str) -> list[str]:
    """Return the lines of a command's help that stand below "Examples:"."""
    shown = command.get_help(click.Context(command, info_name=words))
    return re.findall(r"^    ?(\S.*)$", re.split(r"\n *Examples?:\n", f"{shown}\n", maxsplit=1)[-1], re.MULTILINE)


def parse(line: str, commands: dict[str, click.Command]) -> str:
    """Parse a command line as a shell and callbox would, but run nothing; return the words that led to the command."""
    words = shlex.split(line.partition(" | ")[0])
    n = 3 if " ".join(words[:3]) in commands else 2
    name = " ".join(words[:n])
    commands[name].make_context(name, words[n:])
    return name


COMMANDS = find_commands(callbox)


@pytest.mark.parametrize("words", COMMANDS)
def test_help_has_an_example_that_is_understood(words) -> None:
    lines = [line for line in examples_of(COMMANDS[words], words) if not line.startswith("pytest ")]

    assert lines != []
    assert {parse(line, COMMANDS).startswith(words) for line in lines} == {True}


@pytest.mark.parametrize("words", COMMANDS)
def test_help_explains_every_option(words) -> None:
    options = [each for each in COMMANDS[words].params if isinstance(each, click.Option)]

    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("words", [words for words, each in COMMANDS.items() if isinstance(each, click.Group)])
def test_list_of_commands_cuts_no_line(words) -> None:
    shown = COMMANDS[words].get_help(click.Context(COMMANDS[words], info_name=words))

    assert re.findall(r"^  \w.*\.\.\.$", shown, re.MULTILINE) == []


def test_json_is_one_option_everywhere() -> None:
    options = [
        (words, each.opts, each.help) for words, command in COMMANDS.items() for each in command.params
        if isinstance(each, click.Option) and "--json" in each.opts
    ]  # fmt: skip

    assert {(*opts, text) for _, opts, text in options} == {("--json", "Print as JSON.")}
    assert {words for words, _, _ in options} >= {"callbox show", "callbox stats", "callbox query", "callbox diff"}
