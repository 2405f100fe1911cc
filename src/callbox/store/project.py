"""Where a project's stores are: in its `.callbox`."""

from __future__ import annotations

from pathlib import Path

FOLDER = ".callbox"
_PROJECT_FILES = ("callbox.toml", "pyproject.toml", "setup.cfg", "setup.py", ".git")


def find_store(file_name: str, start: Path | None = None) -> Path:
    """Return a store's path: in the nearest `.callbox` upward, or in one beside the nearest project file.

    Args:
        file_name: the store's file.
        start: where to begin; where there is nothing upward, its `.callbox`. The working folder by default.
    """
    start = Path.cwd() if start is None else start
    for folder in (start, *start.parents):
        if (folder / FOLDER).is_dir() or any((folder / name).exists() for name in _PROJECT_FILES):
            return folder / FOLDER / file_name
    return start / FOLDER / file_name
