"""The values of a recording: arguments, results and exceptions, thawed when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.engine.kernels import decode_values
from callbox.errors import FormatError
from callbox.model import Capture, EventKind, Function, Outcome
from callbox.values.frozen import (
    VALUE_BITS,
    VALUE_MASK,
    Arena,
    Cut,
    FrozenNames,
    FrozenObject,
    Inline,
    Named,
    Opaque,
    Redacted,
    read_record,
)
from callbox.values.plain import to_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from callbox.model import CallTree

# As plain ints: an enum's members are slow to get, and this is asked of every event.
_CALL, _RETURN, _YIELD, _UNWIND, _RESUME = map(
    int, (EventKind.CALL, EventKind.RETURN, EventKind.YIELD, EventKind.UNWIND, EventKind.RESUME)
)
_C_CALL, _C_RETURN, _C_RAISE = map(int, (EventKind.C_CALL, EventKind.C_RETURN, EventKind.C_RAISE))
_ENDS = frozenset({_RETURN, _YIELD, _UNWIND, _C_RETURN, _C_RAISE})
_ASIDE = (int(Inline.LOCALS), int(Inline.EFFECT))
_KEYWORDS = int(Inline.KEYWORDS)
_MAX_POSITIONAL = 16
"""Arguments of a function in C that are recorded one by one; the rest are a tuple. Source: `csrc/given.h`."""
_MAX_SHARED = 1 << 16
_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, Opaque, Named, Redacted})
_RETURNED, _RAISED = int(Outcome.RETURNED), int(Outcome.RAISED)


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
        self._shared: dict[bytes, Any] = {}
        self._is_wrapped = capture.header.engine == "wrap"
        self._absent = Cut.SPARED if capture.header.overhead_budget else Cut.LOST
        self._arenas = [Arena(thread.values) for thread in capture.threads]
        # Columns as they are: to take a field of one row of a structured array is slow.
        self._kinds, self._codes, self._threads = events["kind"], events["code"], events["thread"]
        self._calls = tree.calls
        self._functions: Mapping[int, Function] = tree.functions

    def arguments(self, call: int) -> dict[str, Any] | None:
        """Return a call's arguments by parameter, as they were when it began.

        Args:
            call: its row in `Recording.tree.calls`.

        Returns:
            `*args` and `**kwargs` stand under their names, without stars, as a tuple and a dict. What a function in C
            was given by position and has no name for is `arg0`, `arg1`, ... None where there are none: of C functions
            that are not wrapped, and of calls that began before the recording.
        """
        return self.arguments_at(int(self._calls["first_event"][call]))

    def result(self, call: int) -> Any:
        """Return what a call returned; None also for a call that did not return."""
        if self._calls["outcome"][call] != _RETURNED:
            return None
        return self.result_at(int(self._calls["last_event"][call]))

    def exception(self, call: int) -> Any:
        """Return what a call raised; None where nothing is known of it."""
        if self._calls["outcome"][call] != _RAISED:
            return None
        return self.exception_at(int(self._calls["last_event"][call]))

    def arguments_at(self, event: int) -> dict[str, Any] | None:
        """Return the arguments of the call that an event begins; None for other events."""
        kind = self._kinds[event]
        function = self._functions.get(int(self._codes[event])) if kind in (_CALL, _C_CALL) else None
        if function is None:
            return None
        if kind == _C_CALL:
            return self._given_at(event, function) if self._is_wrapped else None
        names = function.parameters
        arena = self._arenas[self._threads[event]]
        known = [self._thaw(i, arena) for i in self.places_at(event)[-len(names) :]] if names else []
        if names and not known:
            return None
        # The ring may have kept the event and overwritten some of what stood before it.
        return dict(zip(names, [Cut.LOST] * (len(names) - len(known)) + known, strict=True))

    def _given_at(self, event: int, function: Function) -> dict[str, Any]:
        """Return the arguments of a call of a function in C: the first of them stands last."""
        arena = self._arenas[self._threads[event]]
        places = self.places_at(event)
        positional = [place for place in reversed(places) if self._kind(place) != _KEYWORDS]
        names = list(function.parameters[: len(positional)])
        names += ["args" if i == _MAX_POSITIONAL else f"arg{i}" for i in range(len(names), len(positional))]
        given = {name: self._thaw(place, arena) for name, place in zip(names, positional, strict=True)}
        for place in places[:1]:
            keywords = self._thaw(place, arena) if self._kind(place) == _KEYWORDS else None
            if isinstance(keywords, FrozenNames):
                given.update(keywords.variables)
        return given

    def has_result_at(self, event: int) -> bool:
        """Say whether it is known what an event returned or yielded: of functions in C, only if they are wrapped."""
        kind = self._kinds[event]
        return kind in (_RETURN, _YIELD) or (kind == _C_RETURN and len(self.places_at(event)) > 0)

    def result_at(self, event: int) -> Any:
        """Return what an event returned or yielded; None for other events."""
        if not self.has_result_at(event):
            return None
        places = self.places_at(event)
        return self._thaw(places[-1], self._arenas[self._threads[event]]) if places else self._absent

    def exception_at(self, event: int) -> Any:
        """Return the exception that left a function with an event; None where it is not known."""
        if self._kinds[event] not in (_UNWIND, _C_RAISE):
            return None
        places = [place for place in self.places_at(event) if self._kind(place) not in _ASIDE]
        return self._thaw(places[-1], self._arenas[self._threads[event]]) if places else None

    def locals(self, call: int) -> dict[str, Any] | None:
        """Return a call's variables as they were when an exception left it; None where they are not known."""
        return self.locals_at(int(self._calls["last_event"][call]))

    def effects(self, call: int) -> dict[str, Any]:
        """Return those arguments that a call has changed, as they were at its end."""
        return self.effects_at(int(self._calls["last_event"][call]))

    def locals_at(self, event: int) -> dict[str, Any] | None:
        """Return the variables of the function that an exception left with an event; None for other events."""
        found = self._aside_at(event, Inline.LOCALS)
        return found[0] if found else None

    def effects_at(self, event: int) -> dict[str, Any]:
        """Return what the call that an event ends has changed of its arguments."""
        return {name: value for changed in self._aside_at(event, Inline.EFFECT) for name, value in changed.items()}

    def sent_at(self, event: int) -> Any:
        """Return what the generator was sent that an event resumes; None if that was None, or is not known."""
        places = self.places_at(event) if self._kinds[event] == _RESUME else ()
        return self._thaw(places[-1], self._arenas[self._threads[event]]) if places else None

    def _aside_at(self, event: int, kind: int) -> list[dict[str, Any]]:
        if self._kinds[event] not in _ENDS:
            return []
        arena = self._arenas[self._threads[event]]
        found = [self._thaw(place, arena) for place in self.places_at(event) if self._kind(place) == kind]
        return [dict(names.variables) for names in found if isinstance(names, FrozenNames)]

    def _kind(self, place: int) -> int:
        return int(self.payloads[place]) >> VALUE_BITS

    def places_at(self, event: int) -> range:
        """Return the places of an event's values among `payloads`."""
        return range(int(self.starts[event]), int(self.starts[event + 1]))

    def arenas(self) -> NDArray[np.uint32]:
        """Return for each value the position of its arena, that of its thread; shape `(n_values,)`."""
        starts = self.starts.astype(np.int64)
        positions: NDArray[np.uint32] = np.repeat(self._threads, starts[1:] - starts[:-1])
        return positions

    def record(self, place: int, arena: int) -> memoryview | Cut:
        """Return the bytes of a value that is a record, or why they are not there."""
        return self._arenas[arena].record(int(self.payloads[place]) & VALUE_MASK)

    def thaw(self, place: int, arena: int) -> Any:
        """Return the value at a place among `payloads`, of a given arena."""
        return self._thaw(place, self._arenas[arena])

    def _thaw(self, place: int, arena: Arena) -> Any:
        payload = int(self.payloads[place])
        try:
            found = arena.find(payload)
            return self._read(bytes(found)) if isinstance(found, memoryview) else found
        except FormatError:
            return Cut.LOST

    def _read(self, record: bytes) -> Any:
        """Read a record; many are equal, and what nobody can change is read once."""
        if record in self._shared:
            return self._shared[record]
        value = to_plain(read_record(record))
        if _is_shareable(value):
            if len(self._shared) >= _MAX_SHARED:
                self._shared.clear()
            self._shared[record] = value
        return value


def _is_shareable(value: Any) -> bool:
    """Say whether nobody can change a value, so that all who ask may have the same."""
    if isinstance(value, FrozenObject):
        return all(type(attribute) in _ATOMS for _, attribute in value.attributes)
    return type(value) in _ATOMS
