"""A pytest that fails as a failure did, and a look whether it does."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

from callbox.errors import GenerateError
from callbox.failures.model import Failure
from callbox.render.text import printable

_TIMEOUT_S = 120


def source_of_test(failure: Failure) -> str:
    """Write a test that makes the call again that failed.

    Raises:
        GenerateError: no call can be written; the message says why, frame by frame.
    """
    found = [each for each in failure.reproductions if not each.reason]
    if not found:
        raise GenerateError(f"failure {failure.id} cannot be made again: {_reasons(failure)}")
    [reproduction] = found
    name = re.sub(r"\W+", "_", reproduction.function.rpartition(".")[2]).strip("_")
    body = [*reproduction.setup, reproduction.call]
    return "\n".join(
        [
            f'"""Failure {failure.id}: {_inert(failure.summary)}.',
            "",
            f"At {_inert(Path(failure.filename).name)}:{failure.line}. The test fails for as long as that is so.",
            '"""',
            "",
            "from __future__ import annotations",
            "",
            *reproduction.imports,
            "",
            "",
            f"def test_{name}() -> None:",
            *(textwrap.indent(part, "    ") for part in body),
            "",
        ]
    )


def _inert(text: str) -> str:
    """Write a text so that a docstring can hold it."""
    return printable(text).replace("\\", "\\\\").replace('"""', "'''")


def _reasons(failure: Failure) -> str:
    if not failure.reproductions:
        return (
            "its calls were not kept; they are by `pytest --callbox-failures` and in mode trace "
            "(FAILEXTRACT_MODE=development)"
        )
    return "; ".join(f"{each.function}: {each.reason}" for each in failure.reproductions)


def fails_alike(path: Path, failure: Failure, timeout_s: int = _TIMEOUT_S) -> str:
    """Run a test file, and say how it does not fail as it should; empty if it does.

    It runs where this process works, whose modules it can import wherever it stands itself.

    Args:
        path: of the test.
        failure: what it shall reproduce.
        timeout_s: how long it may take.
    """
    command = [sys.executable, "-m", "pytest", "-q", "--tb=native", "-p", "no:cacheprovider", str(path)]
    try:
        ran = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return f"it does not end within {timeout_s} s"
    if ran.returncode == 0:
        return "it passes: the failure came from something that the call does not hold"
    name = failure.exception.type.rpartition(".")[2] if failure.exception else ""
    # The line that a traceback ends with; a message, or a name that cannot be imported, may hold the same word.
    is_alike = re.search(rf"^[ |]*(?:[\w.<>]+\.)?{re.escape(name)}(?::|$)", ran.stdout, re.MULTILINE)
    if ran.returncode != 1 or (name and not is_alike):
        lines = ran.stdout.strip().splitlines() or ran.stderr.strip().splitlines()
        said = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")] or lines
        return f"it fails otherwise: {''.join(said[-1:])}"
    return ""
