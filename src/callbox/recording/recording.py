"""A recording as its readers see it: decoded and folded when first asked."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from callbox.engine.kernels import decode_capture, fold_events
from callbox.model import CallTree, Capture, EventKind, Function, Header, Thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from callbox.recording.texts import ValueTexts
    from callbox.recording.values import RecordedValues


class Recording:
    """An immutable view of a capture.

    Attributes:
        capture: what the engine or the box handed over. Its slots may be live
            memory; the recording keeps their owner alive.
        damage: what a damaged or truncated box lacks, a sentence each; empty
            where everything is there.
    """

    def __init__(self, capture: Capture, damage: tuple[str, ...] = ()) -> None:
        self.capture = capture
        self.damage = damage

    @property
    def header(self) -> Header:
        """How the recording was made."""
        return self.capture.header

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of how it was made, a sentence each."""
        if self.header.is_complete:
            return self.header.notes
        ending = self.header.exit_status or "the program ended without closing the recording: its events are lost"
        return (*self.header.notes, ending)

    @property
    def duration_ns(self) -> int:
        """Nanoseconds from the start of the recording to its end."""
        return self.header.ended.monotonic_ns - self.header.started.monotonic_ns

    @property
    def threads(self) -> tuple[Thread, ...]:
        """The threads that recorded anything, in order of their first event."""
        return self._decoded[2]

    @property
    def n_events(self) -> int:
        """Events that are there to be read."""
        return len(self._decoded[0])

    @property
    def dropped(self) -> int:
        """Events that were recorded and are not here: overwritten by newer ones, or lost with part of a box."""
        return sum(thread.n_dropped for thread in self.threads)

    @property
    def events(self) -> NDArray[np.void]:
        """Every event, shape `(n_events,)` and fields `EVENT_FIELDS`, read-only.

        Grouped by thread, in order of time within each.
        """
        return self._folded[0]

    @property
    def tree(self) -> CallTree:
        """The events folded into nested calls."""
        return self._folded[1]

    @cached_property
    def values(self) -> RecordedValues | None:
        """Arguments, results and exceptions; None where the recording keeps none."""
        from callbox.recording.values import RecordedValues

        if self.header.mode != "trace":
            return None
        return RecordedValues(self.capture, *self._folded)

    def describe_values(self, tree: CallTree | None = None) -> ValueTexts | None:
        """Return texts of the values, as the functions of `callbox.render` take them; None where there are none.

        Args:
            tree: some of the recording's calls, in place of all.
        """
        from callbox.recording.texts import ValueTexts

        return None if self.values is None else ValueTexts(self.values, self.tree if tree is None else tree)

    @cached_property
    def functions(self) -> Mapping[int, Function]:
        """The functions that occur, by id, in order of id."""
        events = self._decoded[0]
        occurs = np.zeros(max((function.id for function in self.capture.functions), default=0) + 1, np.bool_)
        occurs[events["code"][events["kind"] < EventKind.TASK_SWITCH]] = True
        by_id = {function.id: function for function in self.capture.functions}
        return MappingProxyType({number: by_id[number] for number in np.flatnonzero(occurs).tolist()})

    @cached_property
    def _decoded(self) -> tuple[NDArray[np.void], NDArray[np.uint64] | None, tuple[Thread, ...]]:
        return decode_capture(self.capture)

    @cached_property
    def _folded(self) -> tuple[NDArray[np.void], CallTree]:
        events, alloc, threads = self._decoded
        t_end_ns = self.header.started.epoch_ns + self.duration_ns
        calls, call_alloc = fold_events(events, alloc, t_end_ns)
        for array in (events, calls, call_alloc):
            if array is not None:
                array.flags.writeable = False
        return events, CallTree(calls, self.functions, threads, call_alloc)
