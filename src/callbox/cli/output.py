"""Where a command writes: a file that appears whole or not at all, standard output, or any fsspec URL."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from callbox.errors import ConfigError, reason
from callbox.replacement import writing

STDOUT = "-"


def is_url(location: str) -> bool:
    """Say whether a location is an fsspec URL rather than a path."""
    return "://" in location


@contextlib.contextmanager
def open_output(location: str) -> Iterator[BinaryIO]:
    """Give a file to write to, readable by its owner alone: recordings may hold what nobody else should see.

    Args:
        location: a path, whose file is replaced when all is written; an fsspec URL; or `-` for standard output.

    Raises:
        ConfigError: it cannot be written.
    """
    if location == STDOUT:
        yield sys.stdout.buffer
        return
    try:
        with _open_url(location) if is_url(location) else writing(Path(location)) as file:
            yield file
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot write {location!r}: {reason(error)}; choose another output") from error


@contextlib.contextmanager
def _open_url(location: str) -> Iterator[BinaryIO]:
    fsspec = import_fsspec(location)
    with fsspec.open(location, "wb") as file:
        yield file


def import_fsspec(location: str) -> ModuleType:
    """Import what opens URLs.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return importlib.import_module("fsspec")
    except ImportError as error:
        raise ConfigError(f"{location!r} needs fsspec: pip install 'callbox[scale]'") from error
