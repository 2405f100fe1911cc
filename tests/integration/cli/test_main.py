"""The `callbox` command itself: help, mistakes, and what it loads."""

from __future__ import annotations

import json

import pytest

from callbox.cli.main import COMMANDS


def test_without_a_command_it_says_what_there_is(desk) -> None:
    ending = desk.callbox()

    assert ending.code == 0
    assert [line.split()[0] for line in ending.out.decode().partition("Commands:\n")[2].splitlines()] == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(desk, command) -> None:
    ending = desk.callbox(command, "--help")

    assert ending.code == 0
    assert ending.out.startswith(f"Usage: callbox {command} ".encode())
    assert ending.err == b""


def test_version_is_told(desk) -> None:
    assert desk.callbox("--version").out.startswith(b"callbox ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shw"], "No such command 'shw': see callbox --help"),
        (["--no-such"], "No such option"),
        (["run", "--engine"], "'--engine' requires an argument"),
    ],
)
def test_mistake_gets_one_line(desk, words, message) -> None:
    ending = desk.callbox(*words)

    assert ending.code == 2
    assert ending.err.startswith(b"callbox: error: ")
    assert ending.err.count(b"\n") == 1
    assert message in ending.err.decode()


@pytest.mark.parametrize("words", [["--version"], ["run", "--help"], ["run", "--", "missing.py"]])
def test_command_line_loads_neither_rich_nor_numpy(desk, words) -> None:
    code = (
        "import json, sys\n"
        "from callbox.cli.main import main\n"
        f"main({words})\n"
        "print(json.dumps(sorted({'rich', 'numpy'} & sys.modules.keys())))\n"
    )

    assert json.loads(desk.python("-c", code).out.splitlines()[-1]) == []
