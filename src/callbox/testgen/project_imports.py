"""Importing a project's modules while tests are generated, its script as the main module that it was."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from callbox.errors import GenerateError


@contextlib.contextmanager
def importing_from(roots: set[Path]) -> Iterator[None]:
    """Import from the project's folders for a while.

    What its modules print goes to standard error: standard output may be a report. A script that asks gets no answer.
    """
    before, stdin = list(sys.path), sys.stdin
    sys.path[:0] = [str(root) for root in sorted(roots) if str(root) not in before]
    importlib.invalidate_caches()
    with open(os.devnull, encoding="utf-8") as nothing, contextlib.redirect_stdout(sys.stderr):  # noqa: PTH123
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.path[:] = before
            sys.stdin = stdin


@contextlib.contextmanager
def as_main(module: str | None) -> Iterator[None]:
    """Let a script's module stand for the main one, which its classes were recorded in."""
    if module is None:
        yield
        return
    try:
        found = importlib.import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise GenerateError(f"the script {module} cannot be imported: {type(error).__name__}: {error}") from error
    before = sys.modules["__main__"]
    sys.modules["__main__"] = found
    try:
        yield
    finally:
        sys.modules["__main__"] = before
