"""Events as users read them: names resolved, times in seconds, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.engine.globs import matches
from callbox.errors import ConfigError
from callbox.model import CallEvent, EventKind, Function, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from callbox.recording import Recording

EVENT_TYPES = {kind.name.lower(): kind for kind in EventKind if kind < EventKind.TASK_SWITCH}
"""What `CallEvent.event_type` may be. Switches between tasks show in `task_id` only."""

_TYPE_NAMES = {int(kind): name for name, kind in EVENT_TYPES.items()}
_ENDED = (Outcome.RETURNED, Outcome.RAISED)
_CHUNK_SIZE = 1 << 12
_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to take: those that agree with every field that is not None."""

    function: str | None = None
    """Glob on the name, the qualified name or the full name with its module."""
    module: str | None = None
    """Glob on the module, as in `filter_modules`: `pkg.*` takes `pkg` too."""
    event_type: str | None = None
    min_duration: float | None = None
    """Seconds; takes starts and ends of calls that ended and lasted at least so long."""
    thread_id: int | None = None

    def __post_init__(self) -> None:
        if self.event_type is not None and self.event_type not in EVENT_TYPES:
            raise ConfigError(f"unknown event type {self.event_type!r}: choose one of {', '.join(EVENT_TYPES)}")


EVERYTHING = EventFilter()


def iter_events(recording: Recording, selection: EventFilter = EVERYTHING) -> Iterator[CallEvent]:
    """Give events in order of time, all threads together.

    They are made a few thousand at a time: memory does not grow with the recording.
    """
    rows = select_events(recording, selection)
    for start in range(0, len(rows), _CHUNK_SIZE):
        yield from _convert(recording, rows[start : start + _CHUNK_SIZE])


def select_events(recording: Recording, selection: EventFilter = EVERYTHING) -> NDArray[np.intp]:
    """Return the rows of `recording.events` that a filter takes, in order of time."""
    events = recording.events
    taken = events["kind"] < EventKind.TASK_SWITCH
    if selection.event_type is not None:
        taken &= events["kind"] == EVENT_TYPES[selection.event_type]
    if selection.function is not None or selection.module is not None:
        wanted = _wanted_functions(recording, selection)
        taken &= wanted[np.minimum(events["code"], len(wanted) - 1)]
    if selection.thread_id is not None:
        idents = [thread.ident == selection.thread_id for thread in recording.threads]
        taken &= np.array(idents, np.bool_)[events["thread"]]
    rows = np.flatnonzero(taken)
    if selection.min_duration is not None:
        t_ns, is_bound = _durations(recording, rows)
        rows = rows[is_bound & (t_ns >= selection.min_duration * _NS_PER_S)]
    return rows[_order(events[rows])]


def _wanted_functions(recording: Recording, selection: EventFilter) -> NDArray[np.bool_]:
    """Mark by id the functions that the globs match; the last place stands for ids beyond."""
    wanted = np.zeros(max(recording.functions, default=0) + 2, np.bool_)
    for number, function in recording.functions.items():
        wanted[number] = _is_wanted(function, selection)
    return wanted


def _is_wanted(function: Function, selection: EventFilter) -> bool:
    if selection.module is not None and not matches(selection.module, function.module_name):
        return False
    names = (function.name, function.qualified_name, function.full_name)
    return selection.function is None or any(matches(selection.function, name) for name in names)


def _order(events: NDArray[np.void]) -> NDArray[np.intp]:
    """Merge threads by time; a thread's own order stands, also where its clock went back."""
    t_ns = np.ascontiguousarray(events["t_ns"])
    bounds = np.flatnonzero(np.diff(events["thread"])) + 1
    if not len(bounds):
        return np.arange(len(events))
    for part in np.split(t_ns, bounds):
        np.maximum.accumulate(part, out=part)
    return np.argsort(t_ns, kind="stable")


def _durations(recording: Recording, rows: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the nanoseconds from start to end of each event's call, and where they count.

    They count at the first and the last event of a call that ended.
    """
    calls = recording.tree.calls
    places = recording.events["call"][rows]
    if not len(calls):
        return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    at = np.maximum(places, 0)
    is_bound = (calls["first_event"][at] == rows) | (calls["last_event"][at] == rows)
    is_ended = np.isin(calls["outcome"][at], _ENDED)
    return calls["t_end_ns"][at] - calls["t_start_ns"][at], (places >= 0) & is_bound & is_ended


def _convert(recording: Recording, rows: NDArray[np.intp]) -> Iterator[CallEvent]:
    events = recording.events[rows]
    has_call = events["call"] >= 0
    calls = np.zeros(len(rows), recording.tree.calls.dtype)
    calls[has_call] = recording.tree.calls[events["call"][has_call]]
    t_ns, is_bound = _durations(recording, rows)
    alloc = recording.tree.alloc
    values = recording.values
    columns = zip(
        rows.tolist(),
        events["kind"].tolist(),
        events["code"].tolist(),
        events["thread"].tolist(),
        (events["t_ns"] / _NS_PER_S).tolist(),
        calls["depth"].tolist(),
        _or_none(t_ns / _NS_PER_S, is_bound),
        _or_none(calls["task"], calls["task"] > 0),
        [None] * len(rows) if alloc is None else _or_none(_allocated_bytes(alloc, events), is_bound),
        strict=True,
    )
    for row, kind, code, thread_index, timestamp, depth, duration, task_id, memory in columns:
        function = recording.functions[code]
        thread = recording.threads[thread_index]
        yield CallEvent(
            event_type=_TYPE_NAMES[kind],
            function_name=function.name,
            qualified_name=function.qualified_name,
            module_name=function.module_name,
            filename=function.filename,
            line_number=function.line_number,
            args=values.arguments_at(row) if values else None,
            return_value=values.result_at(row) if values else None,
            exception=values.exception_at(row) if values else None,
            depth=depth,
            timestamp=timestamp,
            duration=duration,
            thread_id=thread.ident,
            task_id=task_id,
            process_id=thread.process_id,
            memory=memory,
            local_variables=values.locals_at(row) if values else None,
            effects=(values.effects_at(row) or None) if values else None,
        )


def _allocated_bytes(alloc: NDArray[np.uint64], events: NDArray[np.void]) -> NDArray[np.uint64]:
    """Return the bytes allocated in each event's call; where it has none, any number."""
    return alloc[np.maximum(events["call"], 0), 0] if len(alloc) else np.zeros(len(events), np.uint64)


def _or_none(values: NDArray[Any], where: NDArray[np.bool_]) -> list[Any]:
    column = values.astype(object)
    column[~where] = None
    return list(column)
