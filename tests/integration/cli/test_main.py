"""The `callbox` command itself: help, mistakes, and what it loads."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from callbox.cli.main import COMMANDS


def test_without_a_command_it_says_what_there_is(desk) -> None:
    ending = desk.callbox()

    assert ending.code == 0
    commands = ending.out.decode().partition("Commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in commands.splitlines()] == list(COMMANDS)


def test_without_a_command_it_says_what_it_can_do_here(desk) -> None:
    desk.recorded(["-c", "pass"], "-o", "app.cbx")
    desk.write(".callbox/failures.db", "")

    here = desk.callbox().out.decode().partition("Here:\n")[2]

    assert "app.cbx               callbox stats app.cbx\n" in here
    assert "callbox failures list\n" in here
    assert "telemetry" not in here


@pytest.mark.parametrize("words", ["show shop.cbx", "show --format stack shop.cbx", "stats shop.cbx", ""])
def test_output_is_of_characters_that_the_locale_has(shop, words) -> None:
    ending = shop.callbox(*words.split(), PYTHONIOENCODING="latin-1")

    assert (ending.code, ending.err) == (0, b"")


@pytest.mark.parametrize("form", ["json", "dot"])
def test_output_for_programs_is_utf_8_whatever_the_locale_has(desk, form) -> None:
    desk.write("prices.py", "def größe(x): pass\ngröße('\u2603 \U0001f600')\n")
    desk.recorded(["prices.py"], "--mode", "trace", "--include", "__main__", "-o", "a.cbx")

    ending = desk.callbox("show", "--format", form, "a.cbx", PYTHONIOENCODING="latin-1")

    assert ending.out == desk.callbox("show", "--format", form, "a.cbx").out
    assert "größe" in ending.out.decode()


def test_shell_completes_commands(desk) -> None:
    words = {"_CALLBOX_COMPLETE": "bash_complete", "COMP_WORDS": "callbox st", "COMP_CWORD": "1"}

    assert desk.callbox(**words).out == b"plain,stats\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_its_completion(desk, shell) -> None:
    ending = desk.callbox(_CALLBOX_COMPLETE=f"{shell}_source")

    assert (ending.code, ending.err) == (0, b"")
    assert f"_CALLBOX_COMPLETE={shell}_complete".encode() in ending.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(desk, command) -> None:
    ending = desk.callbox(command, "--help")

    assert ending.code == 0
    assert ending.out.startswith(f"Usage: callbox {command} ".encode())
    assert ending.err == b""


def test_interrupted_command_ends_as_shells_say_it(desk) -> None:
    script = """
import sys
from callbox.cli import doctor, main
def interrupted():
    raise KeyboardInterrupt
doctor.diagnose = interrupted
sys.exit(main.main(["doctor"]))
"""

    ending = desk.python("-c", script)

    assert (ending.code, ending.out) == (130, b"")
    assert b"Traceback" not in ending.err


def test_version_is_told(desk) -> None:
    assert desk.callbox("--version").out.startswith(b"callbox ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shw"], "No such command 'shw': see callbox --help"),
        (["--no-such"], "No such option"),
        (["run", "--engine"], "'--engine' requires an argument"),
        (["run", "-o", "s3://boxes/app.cbx", "--", "-c", ""], "then `callbox merge -o s3://boxes/app.cbx BOX`"),
        (["show", "--follow", "--json", "app.cbx"], "leave --last, --format and --json out"),
        (["gen", "--report", "report.txt"], "must end in .json or .html"),
    ],
)
def test_mistake_gets_one_line(desk, words, message) -> None:
    ending = desk.callbox(*words)

    assert ending.code == 2
    assert ending.err.startswith(b"callbox: error: ")
    assert ending.err.count(b"\n") == 1
    assert message in ending.err.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_output_that_finds_no_room_gets_one_line(desk) -> None:
    words = f"{shlex.quote(sys.executable)} -P -m callbox bench config --show > /dev/full"

    ending = desk.python("-c", f"import os, sys; sys.exit(os.waitstatus_to_exitcode(os.system({words!r})))")

    assert ending.err == b"callbox: error: cannot write: No space left on device; make room, or write elsewhere\n"
    assert ending.code == 2


@pytest.mark.parametrize("words", [["--version"], ["run", "--help"], ["run", "--", "missing.py"]])
def test_command_line_loads_neither_rich_nor_numpy(desk, words) -> None:
    code = (
        "import json, sys\n"
        "from callbox.cli.main import main\n"
        f"main({words})\n"
        "print(json.dumps(sorted({'rich', 'numpy'} & sys.modules.keys())))\n"
    )

    assert json.loads(desk.python("-c", code).out.splitlines()[-1]) == []
