"""The files that are written of a run: a page, CTRF, Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from callbox.errors import ConfigError, reason
from callbox.telemetry.formats import ctrf_text, markdown_lines
from callbox.telemetry.history import Run
from callbox.telemetry.kept import KeptTest
from callbox.telemetry.page import render_page


def write_reports(
    files: Mapping[str, str], runs: Sequence[Run], tests: Sequence[KeptTest], statuses: Mapping[str, list[str]]
) -> None:
    """Write those that are asked for.

    Args:
        files: paths by "html", "ctrf" and "markdown".
        runs: the oldest first; the last is reported.
        tests: those of the last run.
        statuses: each test's outcomes in the last runs.

    Raises:
        ConfigError: a file cannot be written.
    """
    texts = {
        "html": lambda: render_page(runs, tests, statuses),
        "ctrf": lambda: ctrf_text(runs[-1], tests, statuses),
        "markdown": lambda: "\n".join([*markdown_lines(runs[-1], tests, statuses), ""]),
    }
    for name, path in files.items():
        try:
            Path(path).write_text(texts[name](), encoding="utf-8", errors="replace")
        except OSError as error:
            raise ConfigError(f"cannot write {path}: {reason(error)}: choose another file") from error
