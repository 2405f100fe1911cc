"""Pages of Markdown whose examples are run.

| block | what is done with it |
|---|---|
| `python title="NAME"`, `toml title="NAME"`, ... | written to a file of that name |
| `python` with a `def test_` | run by pytest, with syrupy's `--snapshot-update`, and once more without |
| `python` | run as a script; a `text` that follows is what it prints |
| `console` | its lines after `$ ` are run in turn; what stands below each is its output |
| `yaml title="NAME"` | its steps are run besides, in order |
| `sh` | not run here, for it installs or builds: `.ci/run` has the same lines |
| other `text` | not run, for it is no command: a drawing, or what a benchmark measured |

All blocks of a page share a folder and run in order. In an output `…` stands for anything, alone on its line for any
lines; durations, percentages, numbers of thousands and tens of calls stand for any others: they differ between versions
of Python. What a reader need not see stands in a comment of HTML.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.patience import TIMEOUT_S
from tests.support.plugins import CALLBOX, loading

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(`+)(.+?)\1(?!`)", re.DOTALL)
_OUTPUT = re.compile(r"\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r" *\b(?:\d[\d.,]*(?: [nµm]?s\b|%)|\d{1,3}(?:,\d{3})+\b|\d{2,}(?= calls\b))")
_ROW = re.compile(r"\S {2,}\S")
"""Of a table, whose columns are as wide as their figures."""
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
    output: str | None = None
    """What the page says that it prints, in a block of its own."""
    is_output: bool = False
    """Whether it is that block."""

    @property
    def is_run(self) -> bool:
        """Whether it is commands or a script, rather than a file or a picture."""
        return not self.file and self.language in ("console", "python")

    @property
    def is_figure(self) -> bool:
        """Whether nothing is done with it, not even as the output of the script before it."""
        return self.language == "text" and not self.is_output


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


def find_pages() -> dict[str, Path]:
    """Return every page of the documentation by its path in the project."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {page.relative_to(ROOT).as_posix(): page for page in pages}


def read_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page."""
    text = page.read_text(encoding="utf-8")
    blocks: list[Block] = []
    for match in _BLOCK.finditer(text):
        file = _file(match[2])
        output = _OUTPUT.match(text, match.end()) if match[1] == "python" and not file else None
        line = text.count("\n", 0, match.start()) + 1
        is_output = match[1] == "text" and bool(blocks) and blocks[-1].output == match[3]
        blocks.append(Block(match[1], file, match[3], line, output[1] if output else None, is_output))
    return blocks


def read_prose(page: Path) -> str:
    """Return a page without its blocks, each line at its place."""
    return _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), page.read_text(encoding="utf-8"))


def read_spans(page: Path) -> list[tuple[int, str]]:
    """Return the code that stands in sentences and tables of a page, with its lines."""
    text = read_prose(page)
    spans = _SPAN.finditer(text)
    return [(text.count("\n", 0, span.start()) + 1, " ".join(span[2].split())) for span in spans]


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
        return [_run(block.line, [sys.executable, name], folder, block.output)]
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
        env={**environment, **loading(CALLBOX, "syrupy"), "PATH": path, "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
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
    pattern = "".join(_pattern(line) for line in expected.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, output.rstrip("\n") + "\n") is not None


def _pattern(line: str) -> str:
    """Return what a line of a page stands for: measured figures may be others, and then columns wider or narrower."""
    if line.strip() == "…":
        return r"(?:.*\n)*?"
    parts = [re.escape(part).replace("…", ".*") for part in _FIGURE.split(line)]
    is_row = len(parts) > 1 or _ROW.search(line) is not None
    if is_row:
        parts = [re.sub(r"(?:\\ )+", " +", part) for part in parts]
    pattern = r" *[\d.,]+(?: [nµm]?s|%)?".join(parts) + r"\n"
    return f" *{pattern.removeprefix(' +')}" if is_row else pattern
