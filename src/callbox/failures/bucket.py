"""A bucket of tokens: so many captures a second, a few more at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_MAX_WAIT_S = 0.1


class TokenBucket:
    """Holds tokens, refilled at a steady rate up to its size."""

    def __init__(
        self, rate_per_s: float, size: float | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin full.

        Args:
            rate_per_s: tokens that are added each second.
            size: tokens that it holds; None: those of one second, and at least one.
            monotonic: seconds.
        """
        self._rate = rate_per_s
        self._size = max(1.0, rate_per_s) if size is None else size
        self._tokens = self._size
        self._monotonic = monotonic
        self._last_s = monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token, if there is one."""
        if not self._lock.acquire(timeout=_MAX_WAIT_S):
            self._lock = threading.Lock()  # its holder stayed behind when the process was forked
            return False
        try:
            now_s = self._monotonic()
            self._tokens = min(self._size, self._tokens + (now_s - self._last_s) * self._rate)
            self._last_s = now_s
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
        finally:
            self._lock.release()
