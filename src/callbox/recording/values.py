"""The values of a recording: arguments, results and exceptions, thawed when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.engine.kernels import decode_values
from callbox.errors import FormatError
from callbox.model import Capture, EventKind, Function, Outcome
from callbox.values.frozen import Arena, Cut
from callbox.values.plain import to_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from callbox.model import CallTree

_RESULTS = (EventKind.RETURN, EventKind.YIELD)


class RecordedValues:
    """What calls were given and what came of them.

    Containers come as plain Python ones where they were recorded whole; what was left out of them, objects and
    secrets come as `callbox.values.frozen` says. What is damaged is `Cut.LOST`.

    Attributes:
        payloads: what the slots carried, shape `(n_values,)`.
        starts: where each event's payloads begin, shape `(n_events + 1,)`.
    """

    def __init__(self, capture: Capture, events: NDArray[np.void], tree: CallTree) -> None:
        self.payloads, self.starts = decode_values(capture)
        self._arenas = [Arena(thread.values) for thread in capture.threads]
        self._events = events
        self._calls = tree.calls
        self._functions: Mapping[int, Function] = tree.functions

    def arguments(self, call: int) -> dict[str, Any] | None:
        """Return a call's arguments by parameter, as they were when it began.

        Args:
            call: its row in `Recording.tree.calls`.

        Returns:
            `*args` and `**kwargs` stand under their names, without stars, as a tuple and a dict. None where there
            are none: of C functions, and of calls that began before the recording.
        """
        return self.arguments_at(int(self._calls["first_event"][call]))

    def result(self, call: int) -> Any:
        """Return what a call returned; None also for a call that did not return."""
        if self._calls["outcome"][call] != Outcome.RETURNED:
            return None
        return self.result_at(int(self._calls["last_event"][call]))

    def exception(self, call: int) -> Any:
        """Return what a call raised; None where nothing is known of it."""
        if self._calls["outcome"][call] != Outcome.RAISED:
            return None
        return self.exception_at(int(self._calls["last_event"][call]))

    def arguments_at(self, event: int) -> dict[str, Any] | None:
        """Return the arguments of the call that an event begins; None for other events."""
        if self._events["kind"][event] != EventKind.CALL:
            return None
        function = self._functions.get(int(self._events["code"][event]))
        if function is None:
            return None
        names = function.parameters
        known = [self.thaw(i) for i in self.places_at(event)[-len(names) :]] if names else []
        if names and not known:
            return None
        # The ring may have kept the event and overwritten some of what stood before it.
        return dict(zip(names, [Cut.LOST] * (len(names) - len(known)) + known, strict=True))

    def result_at(self, event: int) -> Any:
        """Return what an event returned or yielded; None for other events."""
        if self._events["kind"][event] not in _RESULTS:
            return None
        places = self.places_at(event)
        return self.thaw(places[-1]) if places else Cut.LOST

    def exception_at(self, event: int) -> Any:
        """Return the exception that left a function with an event; None where it is not known."""
        places = self.places_at(event)
        if self._events["kind"][event] != EventKind.UNWIND or not places:
            return None
        return self.thaw(places[-1])

    def places_at(self, event: int) -> range:
        """Return the places of an event's values among `payloads`."""
        return range(int(self.starts[event]), int(self.starts[event + 1]))

    def arena_at(self, place: int) -> Arena:
        """Return the arena that the value at a place is in."""
        event = int(np.searchsorted(self.starts, np.uint64(place), side="right")) - 1
        return self._arenas[int(self._events["thread"][event])]

    def thaw(self, place: int) -> Any:
        """Return the value at a place among `payloads`."""
        try:
            return to_plain(self.arena_at(place).thaw(int(self.payloads[place])))
        except FormatError:
            return Cut.LOST
