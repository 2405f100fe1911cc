"""The README's two commands are the ones that CI runs, and its example is true."""

from __future__ import annotations

import re
import subprocess
import sys


def test_ci_runs_the_two_commands_of_the_readme(tree) -> None:
    commands = re.findall(r"^```sh\n(.*?)\n```$", tree.read("README.md"), re.MULTILINE | re.DOTALL)[:2]
    script = tree.read(".ci/run")

    assert [command for command in commands if command in script] == commands
    assert ["pip install" in command for command in commands] == [True, True]


def test_example_of_the_readme_prints_what_it_says(tree) -> None:
    readme = tree.read("README.md")
    [(program, output)] = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)

    result = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, timeout=60)

    assert result.stdout == output
    assert result.stderr == ""
