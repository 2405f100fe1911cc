"""The words after `--`, read as `python` reads them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callbox.cli.program import parse_program
from callbox.errors import ProgramError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["script.py"],
        ["script.py", "-I", "--version"],
        ["-m", "module", "-S"],
        ["-mmodule"],
        ["-c", "pass", "-E"],
        ["-cpass"],
        ["-"],
        ["-u", "-OO", "script.py"],
        ["-W", "-S", "script.py"],
        ["-W-I", "script.py"],
        ["-X", "dev", "-uc", "pass"],
        ["-bm", "module"],
        ["--check-hash-based-pycs", "-I", "script.py"],
        ["--", "script.py"],
        ["."],
    ],
)
def test_words_are_handed_on_as_they_are(words) -> None:
    program = parse_program(words)

    assert program.executable == sys.executable
    assert program.words == (sys.executable, *words)


def test_word_python_names_the_interpreter() -> None:
    program = parse_program([sys.executable, "-u", "script.py"])

    assert program.executable == sys.executable
    assert program.words == (sys.executable, "-u", "script.py")


def test_python_is_found_on_the_path(folder, monkeypatch) -> None:
    (folder / "python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "executable", str(folder / "python3"))

    program = parse_program(["python3", "script.py"])

    assert program.executable == str(folder / "python3")
    assert program.words == ("python3", "script.py")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "there is no program to run"),
        (["-u"], "there is no program to run"),
        (["missing.py"], "there is no script 'missing.py'"),
        (["-u", "missing.py"], "there is no script 'missing.py'"),
        (["--", "missing.py"], "there is no script 'missing.py'"),
        (["--"], "python -- needs a word"),
        (["-W"], "python -W needs a word"),
        (["-c"], "python -c needs a word"),
        (["-um"], "python -m needs a word"),
        (["-I", "script.py"], "-I makes Python ignore the environment"),
        (["-uE", "script.py"], "leave -E out"),
        (["-OS", "-m", "module"], "-S makes Python skip its `site` module"),
        (["-VV"], "python -V runs no program"),
        (["-?"], "python -\\? runs no program"),
        (["--help-all"], "python --help-all runs no program"),
        (["python0.1", "script.py"], "'python0.1' is no command here"),
    ],
)
def test_what_cannot_be_recorded_is_refused(words, message) -> None:
    with pytest.raises(ProgramError, match=message):
        parse_program(words)


@pytest.mark.parametrize("answer", ["echo another place", "exit 3", "kill -9 $$"])
def test_another_python_is_refused(folder, monkeypatch, answer) -> None:
    other = folder / "python3"
    other.write_text(f"#!/bin/sh\n{answer}\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin")

    with pytest.raises(ProgramError, match=f"'python3' is {other}, but callbox runs in {sys.executable}"):
        parse_program(["python3", "script.py"])


@pytest.fixture
def put_on_path(folder, monkeypatch):
    """Make a command, the only one that the shell would find, that begins with a line; return its path."""

    def put_on_path(first_line: str) -> Path:
        command = folder / "bin" / "tool"
        command.parent.mkdir()
        command.write_text(f"{first_line}\n")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", str(command.parent))
        return command

    return put_on_path


def test_command_on_the_path_that_is_no_script_here_gets_a_hint(put_on_path) -> None:
    command = put_on_path("#!/usr/bin/env python3")

    with pytest.raises(ProgramError, match=f"to record the command {command}, give its path, or write `-- -m module`"):
        parse_program(["tool"])


def test_command_that_is_no_python_program_is_said_to_be_none(put_on_path) -> None:
    command = put_on_path("#!/bin/sh")

    with pytest.raises(ProgramError, match=f"the command {command} is no Python program"):
        parse_program(["tool"])
