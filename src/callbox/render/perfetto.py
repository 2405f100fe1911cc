"""A recording as a Perfetto trace: protocol buffers, with a track for each process, thread, task and greenlet.

Every stretch of time that a call was on a stack is a slice of its thread's track. A coroutine, from its start to its
end, is one slice of its task's track. Arrows lead from each step of a task to its next, and to the first step of each
task that it made.

Source: https://perfetto.dev/docs/reference/synthetic-track-event and `perfetto_trace.proto`, whose field numbers stand
here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from callbox.model import Outcome
from callbox.render.protobuf import fixed64, integer, nested, padded_varints, text
from callbox.render.steps import find_arrows, find_spans
from callbox.render.text import UNKNOWN, printable
from callbox.render.timeline import Passage, stack_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from callbox.model import CallTree
    from callbox.render.steps import Arrow
    from callbox.render.timeline import Segments, Timeline
    from callbox.render.values import CallValues

_CHUNK = 1 << 16
_MAX_DETAILS = 1 << 12
_N_NAME, _N_TIME, _N_LENGTH = 4, 9, 4
"""Bytes of the varints in rows: for as many functions as there can be, 292 years since 1970, 256 MiB."""

# Trace
_PACKET = 1
# TracePacket
_TIMESTAMP, _SEQUENCE, _TRACK_EVENT, _INTERNED, _FLAGS, _DESCRIPTOR = 8, 10, 11, 12, 13, 60
_CLEARED, _NEEDS_STATE = 1, 2
_SEQUENCE_ID = integer(_SEQUENCE, 1)
# TrackEvent
_EVENT_ANNOTATIONS, _TYPE, _EVENT_NAME, _EVENT_TRACK, _PLACE, _FLOWS, _LAST_FLOWS = 4, 9, 10, 11, 34, 47, 48
_BEGIN, _END = 1, 2
# DebugAnnotation
_ANNOTATION_TEXT, _ANNOTATION_NAME = 6, 10

_OUTCOMES = {int(outcome): outcome.name.lower() for outcome in Outcome if outcome != Outcome.RETURNED}


def write_perfetto(file: BinaryIO, timeline: Timeline, *, values: CallValues | None = None) -> None:
    """Write a Perfetto trace.

    Args:
        file: where to.
        timeline: what ran when.
        values: arguments, results and exceptions, to be shown with each slice; None if there are none.
    """
    tree = timeline.tree
    tracks = _Tracks(timeline)
    file.write(_packet(integer(_FLAGS, _CLEARED), _interned(tree)))
    arrows = find_arrows(timeline)
    spans = find_spans(tree)
    for stack in timeline.stacks:
        file.write(tracks.of_stack(stack.thread, stack.greenlet, stack_name(stack, tree.threads)))
    for span in spans:
        file.write(tracks.of_task(span.process_id, span.task, _task_name(tree, span.task, span.segments)))
    for place, stack in enumerate(timeline.stacks):
        notes = _Notes(tree, stack.segments, values, arrows.get(place, ()))
        _write_slices(file, tree, stack.segments, (tracks.uuid(stack.thread, stack.greenlet), notes))
    for span in spans:
        notes = _Notes(tree, span.segments, values, ())
        _write_slices(file, tree, span.segments, (tracks.uuid(span.process_id, span.task, is_task=True), notes))


class _Tracks:
    """Descriptors of tracks; each has a number."""

    def __init__(self, timeline: Timeline) -> None:
        self._threads = timeline.tree.threads
        self._uuids: dict[Any, int] = {}

    def uuid(self, owner: int, number: int, *, is_task: bool = False) -> int:
        """Return the number of a thread's, greenlet's or task's track."""
        return self._uuids[is_task, owner, number]

    def of_stack(self, thread: int, greenlet: int, name: str) -> bytes:
        """Describe the track of a thread or of one of its greenlets."""
        described = self._process(self._threads[thread].process_id)
        if greenlet:
            main = self._uuids.get((False, thread, 0))
            parent = integer(5, main or self._uuids["process", self._threads[thread].process_id])
            return described + self._describe((False, thread, greenlet), text(2, name), parent)
        row = self._threads[thread]
        # Systems give a number again when its thread has ended, and damaged boxes any.
        own = nested(4, integer(1, row.process_id), integer(2, row.native_id or thread + 1), text(5, name))
        return described + self._describe((False, thread, 0), own)

    def of_task(self, process_id: int, task: int, name: str) -> bytes:
        """Describe the track of a task, below its process."""
        described = self._process(process_id)
        parent = integer(5, self._uuids["process", process_id])
        return described + self._describe((True, process_id, task), text(2, name), parent)

    def _process(self, process_id: int) -> bytes:
        key = ("process", process_id)
        if key in self._uuids:
            return b""
        return self._describe(key, nested(3, integer(1, process_id), text(6, f"process {process_id}")))

    def _describe(self, key: Any, *parts: bytes) -> bytes:
        uuid = self._uuids[key] = len(self._uuids) + 1
        return _packet(nested(_DESCRIPTOR, integer(1, uuid), *parts))


def _packet(*parts: bytes) -> bytes:
    return nested(_PACKET, _SEQUENCE_ID, *parts)


def _interned(tree: CallTree) -> bytes:
    """Name the functions, and where they are; each id is one more than the function's."""
    names, places = [], []
    for number, function in tree.functions.items():
        name = printable(function.full_name)
        names.append(nested(2, integer(1, number + 1), text(2, name)))
        where = text(2, printable(function.filename)), text(3, name), integer(4, max(0, function.line_number))
        places.append(nested(4, integer(1, number + 1), *where))
    for number in sorted(set(np.unique(tree.calls["code"]).tolist()) - set(tree.functions)):
        names.append(nested(2, integer(1, number + 1), text(2, UNKNOWN)))
        places.append(nested(4, integer(1, number + 1), text(3, UNKNOWN)))
    return nested(_INTERNED, *names, *places)


def _task_name(tree: CallTree, task: int, segments: Segments) -> str:
    function = tree.functions.get(int(tree.calls["code"][segments.row[0]]))
    return f"task {task}: {printable(function.qualified_name) if function else UNKNOWN}"


class _Notes:
    """What stands beside begins and ends of segments, besides name and time: values, how calls ended, arrows."""

    def __init__(self, tree: CallTree, segments: Segments, values: CallValues | None, arrows: Iterable[Arrow]) -> None:
        # Asked of for the begin of a call and again for its end, which mostly come soon after one another.
        self._details = lru_cache(_MAX_DETAILS)(values.details) if values else None
        self._rows = segments.row
        self._outcomes = tree.calls["outcome"]
        self._is_first = np.zeros(len(segments.row), np.bool_)
        self._is_last = np.zeros(len(segments.row), np.bool_)
        self._is_first[np.unique(segments.row, return_index=True)[1]] = True
        self._is_last[len(segments.row) - 1 - np.unique(segments.row[::-1], return_index=True)[1]] = True
        self._flows: dict[int, bytes] = {}
        for arrow in arrows:
            field = _FLOWS if arrow.is_source else _LAST_FLOWS
            self._flows[arrow.segment] = self._flows.get(arrow.segment, b"") + fixed64(field, arrow.number)
        ends_oddly = self._is_last & (self._outcomes[segments.row] != Outcome.RETURNED)
        self._has_begin = self._is_first.copy() if values else np.zeros(len(segments.row), np.bool_)
        self._has_begin[list(self._flows)] = True
        self._has_end = self._is_last if values else ends_oddly

    def take(self, segment: NDArray[np.int64], is_begin: NDArray[np.bool_]) -> Iterator[tuple[int, bytes]]:
        """Give position and fields of those of some begins and ends that have any."""
        noted = np.flatnonzero(np.where(is_begin, self._has_begin[segment], self._has_end[segment]))
        for position in noted.tolist():
            place = int(segment[position])
            yield position, self._begin(place) if is_begin[position] else self._end(place)

    def _begin(self, place: int) -> bytes:
        flows = self._flows.get(place, b"")
        if self._details is None or not self._is_first[place]:
            return flows
        arguments = self._details(int(self._rows[place]))["arguments"] or {}
        return b"".join(_annotation(name, value) for name, value in arguments.items()) + flows

    def _end(self, place: int) -> bytes:
        row = int(self._rows[place])
        outcome = _OUTCOMES.get(int(self._outcomes[row]))
        fields = _annotation("outcome", outcome) if outcome else b""
        if self._details is not None:
            details = self._details(row)
            for name in ("result", "exception"):
                if details[name] is not None:
                    fields += _annotation(name, details[name])
        return fields


def _annotation(name: str, value: str) -> bytes:
    return nested(_EVENT_ANNOTATIONS, text(_ANNOTATION_NAME, name), text(_ANNOTATION_TEXT, value))


def _write_slices(file: BinaryIO, tree: CallTree, segments: Segments, track: tuple[int, _Notes]) -> None:
    """Write begin and end of every segment of a track, as rows of bytes."""
    uuid, notes = track
    passage = Passage(segments)
    codes = tree.calls["code"][segments.row].astype(np.int64) + 1
    for first in range(0, len(passage.segment), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        segment, is_begin = passage.segment[chunk], passage.is_begin[chunk]
        extras = dict(notes.take(segment, is_begin))
        lengths = np.zeros(len(segment), np.int64)
        lengths[list(extras)] = [len(extra) for extra in extras.values()]
        event_uuid = integer(_EVENT_TRACK, uuid)
        times = passage.t_ns[chunk]
        begins = _rows(times[is_begin], lengths[is_begin], event_uuid, codes[segment[is_begin]])
        ends = _rows(times[~is_begin], lengths[~is_begin], event_uuid, None)
        file.write(_interleave(is_begin, (begins, ends), extras))


def _rows(
    times: NDArray[np.int64], extra: NDArray[np.int64], track: bytes, codes: NDArray[np.int64] | None
) -> NDArray[np.uint8]:
    """Return packets, a row each, up to where their extra fields come."""
    n = len(times)
    event: list[NDArray[np.uint8]] = [_constant(integer(_TYPE, _END if codes is None else _BEGIN) + track, n)]
    if codes is not None:
        number = padded_varints(codes, _N_NAME)
        event += [_constant(_tag(_EVENT_NAME, 0), n), number, _constant(_tag(_PLACE, 0), n), number]
    n_event = sum(part.shape[1] for part in event) + extra
    n_length = 1 if not extra.any() else _N_LENGTH
    packet = [
        _constant(_tag(_TIMESTAMP, 0), n),
        padded_varints(times, _N_TIME),
        _constant(_SEQUENCE_ID + integer(_FLAGS, _NEEDS_STATE) + _tag(_TRACK_EVENT, 2), n),
        padded_varints(n_event, n_length),
        *event,
    ]
    n_packet = sum(part.shape[1] for part in packet) + extra
    head = [_constant(_tag(_PACKET, 2), n), padded_varints(n_packet, n_length)]
    return np.concatenate([*head, *packet], axis=1)


def _tag(field: int, kind: int) -> bytes:
    return integer(field, 0)[:-1] if kind == 0 else nested(field)[:-1]


def _constant(content: bytes, n: int) -> NDArray[np.uint8]:
    return np.broadcast_to(np.frombuffer(content, np.uint8), (n, len(content)))


def _interleave(
    is_begin: NDArray[np.bool_],
    rows: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    extras: Mapping[int, bytes],
) -> bytes | memoryview:
    """Bring begins and ends into their order, each followed by its extra fields."""
    begins, ends = rows
    widths = np.where(is_begin, np.int64(begins.shape[1]), np.int64(ends.shape[1]))
    lengths = np.zeros(len(is_begin), np.int64)
    lengths[list(extras)] = [len(extra) for extra in extras.values()]
    starts = np.cumsum(widths + lengths) - widths - lengths
    out = np.empty(int(widths.sum() + lengths.sum()), np.uint8)
    for block, chosen in ((begins, is_begin), (ends, ~is_begin)):
        out[starts[chosen][:, None] + np.arange(block.shape[1])] = block
    for position, extra in extras.items():
        at = int(starts[position] + widths[position])
        out[at : at + len(extra)] = np.frombuffer(extra, np.uint8)
    return out.data
