"""The working folder: a deployment may have taken it away from a service, and a service may not look into it.

To look into it, `os.path` is for the others here: what it may not look at it takes for not there, where
pathlib raises before CPython 3.14.
"""

from __future__ import annotations

from pathlib import Path


def working_folder() -> Path:
    """Return the working folder, absolute; where it is gone, `.`."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path()
