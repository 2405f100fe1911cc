"""Where a project's stores are: in its `.callbox`."""

from __future__ import annotations

import os
from pathlib import Path

from callbox.folders import working_folder

FOLDER = ".callbox"
_PROJECT_FILES = ("callbox.toml", "pyproject.toml", "setup.cfg", "setup.py", ".git")


def find_store(file_name: str, start: Path | None = None) -> Path:
    """Return a store's path: in the nearest `.callbox` upward, or in one beside the nearest project file.

    Args:
        file_name: the store's file.
        start: where to begin; where there is nothing upward, its `.callbox`. The working folder by default.
    """
    start = working_folder() if start is None else start
    for folder in (start, *start.parents):
        if os.path.isdir(folder / FOLDER) or any(os.path.exists(folder / name) for name in _PROJECT_FILES):  # noqa: PTH110, PTH112
            return folder / FOLDER / file_name
    return start / FOLDER / file_name
