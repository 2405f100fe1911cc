"""Which values a tracer keeps: arguments, results, exceptions, each by choice."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.model import SLOT_FIELDS, EventKind
from callbox.values.frozen import RECORD_KINDS, VALUE_BITS, VALUE_MASK, Inline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.model import ArenaCapture, CallEvent, Capture, ThreadCapture
    from callbox.render import CallValues

_KIND_MASK = 0xFF
_OFFSET_BITS = np.uint64(VALUE_BITS)
_LENGTH_BYTES = 2
_BEGINNINGS = (EventKind.CALL, EventKind.RESUME, EventKind.THROW, EventKind.C_CALL)
_ENDS = (EventKind.RETURN, EventKind.YIELD, EventKind.C_RETURN)
_RAISES = (EventKind.UNWIND, EventKind.C_RAISE)


@dataclass(frozen=True, slots=True)
class ValueChoice:
    """What is kept of the values that were recorded."""

    args: bool
    returns: bool
    exceptions: bool

    def keep(self, capture: Capture) -> Capture:
        """Return a capture without the values that are not wanted; no reader can find them."""
        return dataclasses.replace(capture, threads=tuple(map(self._keep_of, capture.threads)))

    def _keep_of(self, thread: ThreadCapture) -> ThreadCapture:
        if not thread.segments:
            return thread
        slots = np.frombuffer(b"".join(bytes(s) for s in thread.segments), np.dtype(list(SLOT_FIELDS)))
        kinds = slots["word"] & _KIND_MASK
        events = np.flatnonzero(kinds < EventKind.TIME)
        # A prefix belongs to the event that follows it.
        following = np.append(kinds[events], 0)[np.searchsorted(events, np.arange(len(slots)))]
        is_value = kinds == EventKind.VALUE
        goes = is_value & self._is_unwanted(following, _payloads_of(slots) >> _OFFSET_BITS)
        values = _with_records(thread.values, slots[is_value & ~goes])
        return dataclasses.replace(thread, segments=(slots[~goes].tobytes(),), values=values)

    def _is_unwanted(self, events: NDArray[np.uint32], values: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Say of values, by their kinds and those of their events, whether they go."""
        # Variables that an exception leaves, and what was changed, have arguments among them.
        holds_args = np.isin(events, _BEGINNINGS) | np.isin(values, (Inline.LOCALS, Inline.EFFECT))
        is_result = np.isin(events, _ENDS) & (values != Inline.EFFECT)
        is_exception = np.isin(events, _RAISES) & (values != Inline.EFFECT)
        goes = holds_args & (not self.args)
        goes |= is_result & (not self.returns)
        goes |= is_exception & (not self.exceptions)
        return goes

    def strip(self, event: CallEvent) -> CallEvent:
        """Return an event without the values that are not wanted."""
        return event if self.returns else dataclasses.replace(event, return_value=None)

    def texts(self, values: CallValues | None) -> CallValues | None:
        """Return texts that say nothing of results that are not wanted."""
        return values if values is None or self.returns else _WithoutResults(values)


def _payloads_of(slots: NDArray[np.void]) -> NDArray[np.uint64]:
    payloads: NDArray[np.uint64] = slots["ticks"] | (slots["word"] >> 8).astype(np.uint64) << np.uint64(32)
    return payloads


def _with_records(values: ArenaCapture, slots: NDArray[np.void]) -> ArenaCapture:
    """Return an arena with the records that slots refer to, and zeros in the place of others."""
    payloads = _payloads_of(slots)
    offsets = payloads[np.isin(payloads >> _OFFSET_BITS, sorted(RECORD_KINDS))] & np.uint64(VALUE_MASK)
    positions = np.unique(offsets % np.uint64(values.capacity or 1)).tolist()
    pieces = []
    for start, piece in values.pieces:
        old, new = memoryview(piece), bytearray(len(piece))
        for position in positions:
            at = position - start
            if 0 <= at < len(old):
                end = at + _LENGTH_BYTES + int.from_bytes(old[at : at + _LENGTH_BYTES], "little")
                new[at:end] = old[at:end]
        pieces.append((start, bytes(new)))
    return dataclasses.replace(values, pieces=tuple(pieces))


class _WithoutResults:
    """Texts of values, but for results."""

    def __init__(self, values: CallValues) -> None:
        self._values = values

    @property
    def identity(self) -> NDArray[np.uint64]:
        return self._values.identity

    def arguments(self, row: int) -> str:
        return self._values.arguments(row)

    def outcome(self, row: int) -> str:
        details = self._values.details(row)
        return "" if details["exception"] is None else self._values.outcome(row)

    def details(self, row: int) -> dict[str, Any]:
        return {**self._values.details(row), "result": None}

    def event(self, event: int, kind: int, code: int) -> str:
        return "" if kind in _ENDS else self._values.event(event, kind, code)
