"""One thread's events: the slots they are kept in, and the frames that are open."""

from __future__ import annotations

import struct
import threading
from collections import deque
from dataclasses import dataclass

from callbox.model import EventKind

_SLOT = struct.Struct("<II")
_PAYLOAD_MASK = (1 << 56) - 1
_TURN_MASK = (1 << 24) - 1
_LOW_MASK = (1 << 32) - 1


@dataclass(slots=True)
class OpenCall:
    """A selected frame, or a C call, that has begun on a thread and not ended."""

    frame_id: int
    """`id` of the frame, stable while it runs; the calling frame's for a C call."""
    function_id: int
    is_c: bool = False
    is_before: bool = False
    """It ran when the recording began: it has no start, so its end is not recorded either."""
    is_recorded: bool = True
    instruction: int | None = None
    """Opcode that ran last in the frame; None when an exception has passed since, and where nobody asks."""


class Journal:
    """What one thread's ring and stack hold. Only its own thread writes to it."""

    def __init__(self, capacity: int, session: int) -> None:
        self.ident = threading.get_ident()
        self.native_id = threading.get_native_id()
        self.session = session
        """Which start of the recorder `stack` belongs to."""
        self.stack: list[OpenCall] = []
        self.n_events = 0
        self.ticks_high = 0
        self._slots: deque[bytes] = deque(maxlen=capacity)

    @property
    def depth(self) -> int:
        """Open calls that began within the recording."""
        return sum(not call.is_before for call in self.stack)

    def append(self, ticks: int, kind: EventKind, function_id: int, frame_identity: int = 0) -> None:
        """Append an event and the prefixes it needs."""
        high = ticks >> 32
        if high != self.ticks_high and self._slots:
            self._append_slot(ticks, EventKind.TIME, high - self.ticks_high & _TURN_MASK)
        self.ticks_high = high
        if frame_identity:
            payload = frame_identity & _PAYLOAD_MASK
            self._append_slot(payload, EventKind.FRAME, payload >> 32)
        self._append_slot(ticks, kind, function_id)
        self.n_events += 1

    def slots(self) -> bytes:
        """Return the retained slots, oldest first."""
        return b"".join(tuple(self._slots))

    def find(self, frame_id: int, *, is_c: bool = False) -> int | None:
        """Return the position of a frame's innermost open call, or None."""
        for index in reversed(range(len(self.stack))):
            call = self.stack[index]
            if call.frame_id == frame_id and call.is_c == is_c:
                return index
        return None

    def _append_slot(self, low: int, kind: EventKind, high: int) -> None:
        self._slots.append(_SLOT.pack(low & _LOW_MASK, kind | high << 8))
