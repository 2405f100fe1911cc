"""Pages of Markdown whose examples are run.

| block | what is done with it |
|---|---|
| `python title="NAME"`, `toml title="NAME"`, ... | written to a file of that name |
| `python` with a `def test_` | run by pytest, with syrupy's `--snapshot-update`, and once more without |
| `python` | run as a script |
| `console` | its lines after `$ ` are run in turn; what stands below each is its output, `…` stands for any lines |

All blocks of a page share a folder and run in order.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIMEOUT_S = 120
_OF_CI = ("CI", "BUILD_NUMBER")
"""By these pytest prints more than a person sees."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    file: str
    """Where it is written; empty for what is run."""
    text: str
    line: int


@dataclass(frozen=True)
class Ran:
    """A command of a page that was run."""

    line: int
    status: int
    output: str
    expected: str | None
    """The output that the page shows; None where it shows none."""

    @property
    def is_as_shown(self) -> bool:
        """Whether it ended well and printed what the page shows."""
        return self.status == 0 and (self.expected is None or _fits(self.output, self.expected))


def read_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(match[1], _file(match[2]), match[3], text.count("\n", 0, match.start()) + 1)
        for match in _BLOCK.finditer(text)
    ]


def run_page(page: Path, folder: Path) -> list[Ran]:
    """Run the examples of a page in an empty folder, up to the first that is not as shown."""
    done: list[Ran] = []
    for block in read_blocks(page):
        for ran in _run_block(block, folder):
            done.append(ran)
            if not ran.is_as_shown:
                return done
    return done


def _run_block(block: Block, folder: Path) -> list[Ran]:
    if block.file:
        path = folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        return []
    if block.language == "console":
        return [_run(block.line, ["sh", "-c", command], folder, output) for command, output in _commands(block.text)]
    if block.language != "python":
        return []
    name = f"test_line_{block.line}.py" if "def test_" in block.text else f"line_{block.line}.py"
    (folder / name).write_text(block.text, encoding="utf-8")
    if not name.startswith("test_"):
        return [_run(block.line, [sys.executable, name], folder)]
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    return [_run(block.line, command, folder) for command in ([*pytest, "--snapshot-update"], pytest)]


def _run(line: int, command: list[str], folder: Path, expected: str | None = None) -> Ran:
    # The commands of this Python come first, as in an active environment.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "CALLBOX_")) and k not in _OF_CI
    }
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PATH": path, "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    return Ran(line, ran.returncode, ran.stdout, expected)


def _file(options: str) -> str:
    found = re.search(r'\btitle="([^"]+)"', options)
    return found[1] if found else ""


def _commands(text: str) -> list[tuple[str, str | None]]:
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    pairs = [part.partition("\n") for part in parts]
    return [(command, output or None) for command, _, output in pairs]


def _fits(output: str, expected: str) -> bool:
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in expected.rstrip("\n").split("\n")
    )
    return re.fullmatch(pattern, output.rstrip("\n") + "\n") is not None
