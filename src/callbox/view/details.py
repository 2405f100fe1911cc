"""What is known of one call or one function, as plain values for JSON."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.model import GREENLET, Outcome
from callbox.render.text import printable
from callbox.values.describe import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from callbox.recording import Recording

MAX_VALUE_CHARS = 4000
_MAX_RELATIVES = 100
"""Callers and callees named with a call."""
_MAX_RELATED = 30
_N_SLOWEST = 20


class Details:
    """Answers about single calls and functions of a recording."""

    def __init__(self, recording: Recording, epoch_ns: int) -> None:
        self._recording = recording
        self._tree = recording.tree
        self._calls = recording.tree.calls
        self._epoch_ns = epoch_ns

    @cached_property
    def _parents(self) -> NDArray[np.int32]:
        return np.ascontiguousarray(self._calls["parent"])

    @cached_property
    def _starts_ns(self) -> NDArray[np.int64]:
        return np.ascontiguousarray(self._calls["t_start_ns"])

    @cached_property
    def _thread_ends(self) -> NDArray[np.int64]:
        return np.cumsum(np.bincount(self._calls["thread"]))

    @cached_property
    def _codes(self) -> NDArray[np.uint32]:
        return np.ascontiguousarray(self._calls["code"])

    def call(self, row: int, max_relatives: int = _MAX_RELATIVES) -> dict[str, Any]:
        """Describe a call: its times, its place among others, and its values.

        Args:
            row: of the call.
            max_relatives: how many of its callers, and of its callees, to name.
        """
        call = self._calls[row]
        thread = self._tree.threads[int(call["thread"])]
        task = int(call["task"])
        callees = self._callees(row)
        return {
            **self.entry(row),
            "self": int(call["self_ns"]),
            "depth": int(call["depth"]),
            "resumes": int(call["n_resumes"]),
            "partial": bool(call["is_partial"]),
            "nested": int(call["n_nested"]),
            "thread": printable(thread.name),
            "process": thread.process_id,
            "task": task if 0 < task < GREENLET else None,
            "greenlet": task & ~GREENLET if task >= GREENLET else None,
            "allocated": None if self._tree.alloc is None else self._tree.alloc[row].tolist(),
            "n_callers": self._n_callers(row),
            "callers": [self.entry(caller) for caller in self._callers(row, max_relatives)],
            "callees": [self.entry(callee) for callee in callees[:max_relatives].tolist()],
            "n_callees": len(callees),
            "values": self.values(row),
        }

    def entry(self, row: int) -> dict[str, Any]:
        """Describe a call in a list."""
        call = self._calls[row]
        return {
            "row": row,
            "code": int(call["code"]),
            "start": int(call["t_start_ns"]) - self._epoch_ns,
            "end": int(call["t_end_ns"]) - self._epoch_ns,
            "inclusive": int(call["inclusive_ns"]),
            "outcome": int(call["outcome"]),
        }

    def values(self, row: int) -> dict[str, Any] | None:
        """Describe what a call was given, changed and left; None where the recording keeps no values."""
        values = self._recording.values
        if values is None:
            return None
        arguments = values.arguments(row)
        is_known = values.has_result_at(int(self._calls["last_event"][row]))
        has_result = self._calls["outcome"][row] == Outcome.RETURNED and is_known
        return {
            "arguments": None if arguments is None else _texts(arguments),
            "effects": _texts(values.effects(row)),
            "locals": _texts(values.locals(row) or {}),
            "result": _text(values.result(row)) if has_result else None,
            "exception": self.exception(row, MAX_VALUE_CHARS),
        }

    def exception(self, row: int, max_chars: int) -> str | None:
        """Write what a call raised; None where that is not known."""
        values = self._recording.values
        raised = None if values is None else values.exception(row)
        return None if raised is None else printable(describe(raised, max_chars=max_chars))

    def function(self, code: int) -> dict[str, Any]:
        """Describe a function: who called it, whom it called, its slowest calls and how long calls took."""
        rows = np.flatnonzero(self._codes == code)
        inclusive_ns = self._calls["inclusive_ns"][rows]
        parents = self._parents[rows]
        callers = self._codes[parents[parents >= 0]]
        is_mine = np.zeros(len(self._calls) + 1, np.bool_)
        is_mine[rows] = True
        callees = self._codes[is_mine[self._parents]]
        slowest = rows[np.argsort(-inclusive_ns, kind="stable")[:_N_SLOWEST]]
        powers = np.frexp(np.maximum(inclusive_ns, 1).astype(float))[1] - 1
        first_power = int(powers.min(initial=powers.max(initial=0)))
        return {
            "code": code,
            "callers": _most_common(callers),
            "callees": _most_common(callees),
            "slowest": [self.entry(row) for row in slowest.tolist()],
            "durations": {"first_power": first_power, "counts": np.bincount(powers - first_power).tolist()},
        }

    def _callers(self, row: int, n: int) -> list[int]:
        """Return at most `n` of the calls above a call, nearest first."""
        rows: list[int] = []
        while (row := int(self._parents[row])) >= 0 and len(rows) < n:
            rows.append(row)
        return rows

    def _callees(self, row: int) -> NDArray[np.int64]:
        """Return the calls that a call made: later rows of its thread, which began before it ended."""
        call = self._calls[row]
        end = row + 1 + int(np.searchsorted(self._starts_ns[row + 1 : self._last_row(row)], call["t_end_ns"], "right"))
        callees: NDArray[np.int64] = row + 1 + np.flatnonzero(self._parents[row + 1 : end] == row)
        return callees

    def _last_row(self, row: int) -> int:
        """Return the row after the last one of a call's thread."""
        return int(self._thread_ends[self._calls["thread"][row]])

    def _n_callers(self, row: int) -> int:
        n = 0
        while (row := int(self._parents[row])) >= 0:
            n += 1
        return n


def _texts(named: Mapping[str, Any]) -> list[list[str]]:
    return [[printable(name), _text(value)] for name, value in named.items()]


def _text(value: Any) -> str:
    return printable(describe(value, max_chars=MAX_VALUE_CHARS))


def _most_common(codes: NDArray[np.uint32]) -> list[list[int]]:
    """Return functions with how often they occur, the most common first."""
    found, counts = np.unique(codes, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MAX_RELATED]
    return [list(pair) for pair in zip(found[order].tolist(), counts[order].tolist(), strict=True)]
