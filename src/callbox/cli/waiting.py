"""What a person sees while a command works."""

from __future__ import annotations

import contextlib
import sys


def waiting(what: str) -> contextlib.AbstractContextManager[object]:
    """Show on a terminal that something is under way; elsewhere show nothing."""
    if not sys.stderr.isatty():
        return contextlib.nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(f"{what} …")
