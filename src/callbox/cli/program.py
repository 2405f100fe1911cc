"""The program that `callbox run` is given: the words of a `python` command line, with or without `python`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from callbox.errors import ProgramError

_PYTHON = re.compile(r"python(\d+(\.\d+)*)?[a-z]?(\.exe)?", re.IGNORECASE)
_WITH_VALUE = "WX"
_NO_PROGRAM = "hV?"
_NO_RECORDING = {
    "E": "-E makes Python ignore the environment",
    "I": "-I makes Python ignore the environment",
    "S": "-S makes Python skip its `site` module",
}
_IDENTITY = "import sys; print(sys.prefix, sys.exec_prefix, sys.version)"
_IDENTITY_TIMEOUT_S = 30
_HEAD_BYTES = 512


@dataclass(frozen=True, slots=True)
class Program:
    """A command line that can be executed.

    Attributes:
        executable: path of the interpreter.
        words: the command line, its first word naming the interpreter as the user did.
    """

    executable: str
    words: tuple[str, ...]


def parse_program(words: Sequence[str]) -> Program:
    """Understand `script.py args`, `-m module args`, `-c code args` or any of them after `python [options]`.

    Args:
        words: what stands after `--`, one word or more.

    Raises:
        ProgramError: there is no program, or Python could not run or callbox not record it.
    """
    executable, name, rest = sys.executable, sys.executable, tuple(words)
    if rest and _PYTHON.fullmatch(Path(rest[0]).name):
        name, rest = rest[0], rest[1:]
        executable = _find_interpreter(name)
    script = _find_script(rest)
    if script is not None and not Path(script).exists():
        raise ProgramError(f"there is no script {script!r}{_hint(script)}")
    return Program(executable, (name, *rest))


def find_script(program: Program) -> str | None:
    """Return the script that a program runs; None for -m, -c and standard input."""
    return _find_script(program.words[1:])


def _find_interpreter(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ProgramError(f"{name!r} is no command here: leave it out to use {sys.executable}")
    if Path(path).absolute() != Path(sys.executable).absolute() and _identity(path) != _identity(sys.executable):
        raise ProgramError(
            f"{name!r} is {path}, but callbox runs in {sys.executable}: "
            f"leave {name!r} out, or install and run callbox there"
        )
    return path


def _identity(executable: str) -> str | None:
    """Ask an interpreter who it is: one environment has many names, and wrappers such as pyenv's."""
    try:
        answer = subprocess.run(
            [executable, "-c", _IDENTITY],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_IDENTITY_TIMEOUT_S,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer.stdout


def _find_script(words: Sequence[str]) -> str | None:
    """Return the script among the arguments of an interpreter; None for -m, -c and standard input.

    Source: CPython Python/getopt.c, which reads the same words.
    """
    rest = iter(words)
    for word in rest:
        if word == "-":
            return None
        if not word.startswith("-"):
            return word
        if word == "--":
            return _take_value(rest, word)
        if word.startswith("--"):
            _skip_long_option(word, rest)
        elif _ends_options(word, rest):
            return None
    raise ProgramError("there is no program to run: write `-- script.py`, `-- -m module` or `-- -c code`")


def _ends_options(word: str, rest: Iterator[str]) -> bool:
    """Read a word of one-letter options; say whether it names the program by -m or -c."""
    for position, letter in enumerate(word[1:], start=2):
        if letter in _NO_PROGRAM:
            raise ProgramError(f"python -{letter} runs no program: there is nothing to record")
        if letter in _NO_RECORDING:
            raise ProgramError(f"{_NO_RECORDING[letter]}, through which callbox gets in: leave -{letter} out")
        takes_value = letter in _WITH_VALUE or letter in "cm"
        if takes_value and position == len(word):
            _take_value(rest, f"-{letter}")
        if takes_value:
            return letter in "cm"
    return False


def _skip_long_option(word: str, rest: Iterator[str]) -> None:
    if word == "--check-hash-based-pycs":
        _take_value(rest, word)
    elif word == "--version" or word.startswith("--help"):
        raise ProgramError(f"python {word} runs no program: there is nothing to record")


def _take_value(rest: Iterator[str], option: str) -> str:
    value = next(rest, None)
    if value is None:
        raise ProgramError(f"python {option} needs a word after it")
    return value


def _hint(script: str) -> str:
    if Path(script).name != script or (command := shutil.which(script)) is None:
        return ""
    if not _names_python(Path(command)):
        return f": the command {command} is no Python program"
    return f": to record the command {command}, give its path, or write `-- -m module`"


def _names_python(command: Path) -> bool:
    """Say whether a command begins as scripts do: some name their interpreter by way of a shell, a line later."""
    try:
        with command.open("rb") as file:
            return b"python" in file.read(_HEAD_BYTES)
    except OSError:
        return False
