"""One recorded run, from inside the program's process: prepared, begun, ended, reported."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import os
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from callbox.cli import exits
from callbox.cli.escort import Escort, collected, is_worth_following
from callbox.cli.flight_plan import FlightPlan
from callbox.cli.namesakes import Namesakes
from callbox.engine import Recorder, new_recorder
from callbox.engine.entry import call_at_entry, describe_outcome, keep_interrupt
from callbox.errors import CallboxError, error_line

if TYPE_CHECKING:
    from callbox.model import Capture, Header
    from callbox.recording.merge import Merger

_RECURSION_LIMIT = 1000
_WITH_MESSAGE = ("raised ", "exit code 1: ")
_NEVER_BEGAN = "the program did not begin: nothing was recorded"
_aboard: list[Flight | Escort] = []
"""Keeps recording when exit handlers are forgotten, as `multiprocessing` does in forked children from 3.14 on."""


def board(plan: Mapping[str, Any], loaded_before: Collection[str]) -> None:
    """Prepare to record the program that this interpreter is about to run.

    The recording ends in the exit handler that was registered first and so runs
    last: after the program's own handlers and its threads.

    Args:
        plan: a `FlightPlan`, packed.
        loaded_before: names of the modules that were loaded before callbox was.
    """
    whole = FlightPlan.from_cargo(plan)
    if whole.owner == 0:
        whole = dataclasses.replace(whole, owner=os.getpid())
    flight: Flight | Escort
    if whole.owner == os.getpid():
        flight = Flight(whole, loaded_before)
    elif is_worth_following(whole, sys.orig_argv):
        flight = Escort(whole, loaded_before)
    else:
        return
    if whole.folder is not None:
        whole.follow_children()
    _aboard.append(flight)
    atexit.register(flight.end)
    call_at_entry(flight.begin)


class Flight:
    """A recording of this process's program."""

    def __init__(self, plan: FlightPlan, loaded_before: Collection[str]) -> None:
        self._plan = plan = collected(plan)
        self._process_id = os.getpid()
        self._since_ns = time.monotonic_ns()
        self._recorder: Recorder = new_recorder(plan.options, plan.folder)
        self._namesakes = Namesakes(loaded_before)
        self._has_begun = False

    def begin(self) -> None:
        """Start recording; if that cannot be, say why and end the process before the program begins."""
        self._namesakes.make_way()
        try:
            self._recorder.start()
            self._has_begun = True
        except CallboxError as error:
            _say(error_line(error))
            os._exit(exits.exit_code(error))

    def end(self) -> None:
        """Stop recording, write the box, report. In a forked child: leave the parent's box alone."""
        if os.getpid() != self._process_id:
            return
        try:
            self._recorder.stop()
            with self._namesakes.restored(), _room_to_call():
                self._report()
        except CallboxError as error:
            _say(error_line(error))
        except Exception as error:
            # The program's output is no place for a traceback of ours.
            _say(error_line(f"the recording is lost, by a fault in callbox: {error!r}"))
        keep_interrupt()

    def _report(self) -> None:
        if self._plan.options.spill:
            self._conclude(self._describe(self._recorder.header))
            return
        # Imported now and not before, so that the program had its modules to itself.
        from callbox.recording import write_box

        capture = self._recorder.finish()
        merger = self._merge(dataclasses.replace(capture, header=self._describe(capture.header)))
        capture = merger.capture
        n_kept = write_box(capture, self._plan.path)
        if self._plan.folder is not None:
            from callbox.recording.parts import discard_parts

            discard_parts(self._plan.folder, merger.ended)
        n_recorded = sum(thread.n_events for thread in capture.threads)
        self._summarise(capture.header.notes, (n_recorded, n_recorded - n_kept), merger.n_running)

    def _conclude(self, header: Header) -> None:
        """Leave the box to the collector, and wait for it."""
        from callbox.cli.spill import conclude

        assert self._plan.folder is not None
        told = conclude(self._plan.folder, header)
        if told.is_finished:
            self._summarise(told.notes, (told.n_events, told.n_dropped), told.n_running)
        else:
            parts = f"{self._plan.output}.parts"
            _say(error_line(f"the box is not finished: {told.failure}; the recording is the box and {parts}"))

    def _summarise(self, notes: Sequence[str], counts: tuple[int, int], n_running: int) -> None:
        if self._plan.is_quiet:
            return
        for note in notes:
            _say(f"callbox: warning: {note}")
        if self._plan.options.filters and not counts[0]:
            _say("callbox: warning: nothing was recorded: the script's own module is __main__, others are as imported")
        if n_running:
            _say(f"callbox: {n_running} of its processes still run and record into {self._plan.output}.parts")
        _say(f"callbox: {counts[0]:,} events, {counts[1]:,} dropped -> {self._plan.output}")

    def _merge(self, capture: Capture) -> Merger:
        """Add what the processes that this one started have recorded."""
        from callbox.recording.merge import Merger, merge_ended

        if self._plan.folder is None:
            return Merger(capture)
        return merge_ended(capture, self._plan.folder, (self._plan.since_ns, self._since_ns))

    def _outcome(self) -> str:
        """Say how the program ended; the message of what it raised may hold a secret."""
        outcome = describe_outcome()
        if not outcome.startswith(_WITH_MESSAGE):
            return outcome
        from callbox.values.redact import Redactor

        return Redactor(self._plan.options.redact).redact_text(outcome)

    def _describe(self, header: Header) -> Header:
        notes = header.notes if self._has_begun else (_NEVER_BEGAN,)
        return dataclasses.replace(
            header,
            command=self._plan.command,
            exit_status=self._outcome(),
            notes=(*self._plan.notes, *notes),
            commit=self._plan.commit,
        )


@contextlib.contextmanager
def _room_to_call() -> Iterator[None]:
    """Let calls nest as deep as usual, however little the program left."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _say(line: str) -> None:
    """Print to the standard error that the process began with, if the program has left it open."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(line, file=sys.__stderr__, flush=True)
