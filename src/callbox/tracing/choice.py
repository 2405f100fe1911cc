"""Which values a tracer keeps: arguments, results, exceptions, each by choice."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.model import SLOT_FIELDS, EventKind
from callbox.values.frozen import Inline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.model import ArenaCapture, CallEvent, Capture, ThreadCapture
    from callbox.render import CallValues

_KIND_MASK = 0xFF
_OFFSET_BITS = 48
_LENGTH_BYTES = 2
_ENDS = (EventKind.RETURN, EventKind.YIELD)


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
        goes = is_value & np.isin(following, self._unwanted())
        values = _with_records(thread.values, slots[is_value & ~goes])
        return dataclasses.replace(thread, segments=(slots[~goes].tobytes(),), values=values)

    def _unwanted(self) -> list[int]:
        kinds: list[int] = []
        if not self.args:
            kinds += [EventKind.CALL, EventKind.RESUME, EventKind.THROW]
        if not self.returns:
            kinds += _ENDS
        if not self.exceptions:
            kinds.append(EventKind.UNWIND)
        return kinds

    def strip(self, event: CallEvent) -> CallEvent:
        """Return an event without the values that are not wanted."""
        return event if self.returns else dataclasses.replace(event, return_value=None)

    def texts(self, values: CallValues | None) -> CallValues | None:
        """Return texts that say nothing of results that are not wanted."""
        return values if values is None or self.returns else _WithoutResults(values)


def _with_records(values: ArenaCapture, slots: NDArray[np.void]) -> ArenaCapture:
    """Return an arena with the records that slots refer to, and zeros in the place of others."""
    payloads = slots["ticks"].astype(np.uint64) | (slots["word"] >> 8).astype(np.uint64) << np.uint64(32)
    offsets = payloads[payloads >> np.uint64(_OFFSET_BITS) == Inline.RECORD]
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
