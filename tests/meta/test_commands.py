"""The README's two commands are the ones that CI runs, and a test that fails there is tried once more."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest


def test_ci_runs_the_two_commands_of_the_readme(tree) -> None:
    commands = re.findall(r"^```sh\n(.*?)\n```$", tree.read("README.md"), re.MULTILINE | re.DOTALL)[:2]
    script = tree.read(".ci/run")

    assert [command for command in commands if command in script] == commands
    assert ["pip install" in command for command in commands] == [True, True]


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("def test_it(): assert __import__('os').environ['TURN'] == '2'", 0),
        ("def test_it(): assert 0", 1),
        ("def test_it(): pass", 5),
    ],
    ids=["unsteady", "broken", "sound"],
)
def test_what_failed_in_ci_is_tried_once_more_alone(tree, tmp_path, monkeypatch, test, code) -> None:
    (tmp_path / "test_some.py").write_text(f"{test}\ndef test_other(): pass\n")
    pytest_here = [sys.executable, "-m", "pytest"]
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("TURN", "1")
    subprocess.run(pytest_here, cwd=tmp_path, capture_output=True, check=False)
    monkeypatch.setenv("TURN", "2")

    again = subprocess.run(
        [tree.root / ".ci/again", *pytest_here], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert again.returncode == code
    assert ("test_some.py::test_it" in again.stdout) == (code != 5)
    assert "test_other" not in again.stdout
