"""The exceptions of a recording: where each came from, and how far it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Flight:
    """The way of one exception up the stack."""

    rows: tuple[int, ...]
    """Calls that it left, innermost first."""
    handler: int
    """The call that it did not leave; -1 where it left a root."""


class ExceptionList:
    """The exceptions that left a call."""

    def __init__(self, calls: NDArray[np.void]) -> None:
        """Find where exceptions came from.

        A caller that an exception leaves right after it left the callee passed it on. One that ran other calls
        in between, in a handler, raised another, or the same again: that is a new beginning.
        """
        self._parents = np.ascontiguousarray(calls["parent"])
        last_events = calls["last_event"]
        raised = np.flatnonzero(calls["outcome"] == Outcome.RAISED)
        parents = self._parents[raised]
        is_passed = (parents >= 0) & (calls["outcome"][parents] == Outcome.RAISED)
        is_passed &= last_events[parents] == last_events[raised] + 1
        self._passed = frozenset(raised[is_passed].tolist())
        origins = np.setdiff1d(raised, parents[is_passed])
        self.origins: NDArray[np.int64] = origins[np.argsort(calls["t_end_ns"][origins], kind="stable")]
        """Rows of the calls in which they began, in order of time."""

    def flight(self, origin: int) -> Flight:
        """Return the way of the exception that began in a call."""
        rows = [origin]
        while rows[-1] in self._passed:
            rows.append(int(self._parents[rows[-1]]))
        return Flight(tuple(rows), int(self._parents[rows[-1]]))
