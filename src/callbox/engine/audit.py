"""Audit events of chosen names, told to one callable.

A hook of Python is called for each audit event that there is, and cannot be removed. This one is
called for those that are waited for, as long as they are.

Source: PEP 578.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from callbox import _core

Events = Mapping[str, frozenset[str | bytes] | None]
"""For each name what the first argument may be; None for anything."""


def watch_audit(events: Events, told: Callable[[str, tuple[Any, ...]], object]) -> None:
    """Tell of events from now on, in place of whoever was told before.

    Args:
        events: at most 32.
        told: called with name and arguments in the thread that an event happens in; what it raises refuses what the
            event announces.
    """
    _core.watch_audit(dict(events), told)


def unwatch_audit() -> None:
    """Tell nobody any more."""
    _core.unwatch_audit()
