"""Importing a project's modules while tests are generated, its script as the main module that it was."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from callbox.errors import GenerateError


@contextlib.contextmanager
def importing_from(roots: set[Path]) -> Iterator[None]:
    """Import from the project's folders for a while."""
    before = list(sys.path)
    sys.path[:0] = [str(root) for root in sorted(roots) if str(root) not in before]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def as_main(module: str | None) -> Iterator[None]:
    """Let a script's module stand for the main one, which its classes were recorded in."""
    if module is None:
        yield
        return
    try:
        found = importlib.import_module(module)
    except BaseException as error:
        raise GenerateError(f"the script {module} cannot be imported: {type(error).__name__}: {error}") from error
    before = sys.modules["__main__"]
    sys.modules["__main__"] = found
    try:
        yield
    finally:
        sys.modules["__main__"] = before
