"""How much of a program's time recording may take.

The processor's time on both sides: on a machine that has much else to do, calls take long
to look at and the program takes long to run, and as many are looked at as elsewhere.
"""

from __future__ import annotations

import time

_process_s = time.process_time
"""Taken now: the program may replace it."""


class Allowance:
    """Processor time that may be spent: some at first, then a share of what the process takes."""

    __slots__ = ("_began_at", "_grace_s", "_share", "_spent_s")

    def __init__(self, grace_s: float, share: float) -> None:
        """Begin now.

        Args:
            grace_s: what may be spent at once.
            share: of what the process takes from now on.
        """
        self._grace_s = grace_s
        self._share = share
        self._began_at = _process_s()
        self._spent_s = 0.0

    def spend(self, seconds: float) -> None:
        """Take note of what something took."""
        self._spent_s += seconds

    def is_overspent(self, part: float = 1.0) -> bool:
        """Say whether more was spent than may be, or than a part of that."""
        return self._spent_s > part * (self._grace_s + self._share * (_process_s() - self._began_at))

    def begin_anew(self) -> None:
        """Count from now, in a forked child: its time is another; what is left of the first bit is as it was."""
        self._began_at = _process_s()
        self._spent_s = min(self._spent_s, self._grace_s)
