"""The README's two commands are the ones that CI runs."""

from __future__ import annotations

import re


def test_ci_runs_the_two_commands_of_the_readme(tree) -> None:
    commands = re.findall(r"^```sh\n(.*?)\n```$", tree.read("README.md"), re.MULTILINE | re.DOTALL)[:2]
    script = tree.read(".ci/run")

    assert [command for command in commands if command in script] == commands
    assert ["pip install" in command for command in commands] == [True, True]
