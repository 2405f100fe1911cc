"""How much of a program's time recording may take."""

from __future__ import annotations

import time

_monotonic = time.monotonic
"""Taken now: the program may replace it."""


class Allowance:
    """Time that may be spent: some at first, then a share of what passes."""

    __slots__ = ("_began_at", "_grace_s", "_share", "_spent_s")

    def __init__(self, grace_s: float, share: float) -> None:
        """Begin now.

        Args:
            grace_s: what may be spent at once.
            share: of the time that passes from now on.
        """
        self._grace_s = grace_s
        self._share = share
        self._began_at = _monotonic()
        self._spent_s = 0.0

    def spend(self, seconds: float) -> None:
        """Take note of what something took."""
        self._spent_s += seconds

    def is_overspent(self) -> bool:
        """Say whether more was spent than may be."""
        return self._spent_s > self._grace_s + self._share * (_monotonic() - self._began_at)
