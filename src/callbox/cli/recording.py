"""Calls being recorded, from inside the program's process: prepared, begun, ended, reported."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import os
import sys
import time
from collections.abc import Collection, Mapping
from typing import Any, TextIO

from callbox.cli import exits
from callbox.cli.namesakes import Namesakes
from callbox.cli.recording_plan import RecordingPlan
from callbox.engine.entry import call_at_entry, describe_outcome, keep_interrupt
from callbox.errors import CallboxError, error_line
from callbox.testgen.call_stores import open_store
from callbox.testgen.capture import CaptureOptions
from callbox.testgen.session import Session
from callbox.testgen.targets import Targets, nearest

_TRACKER = "from multiprocessing.resource_tracker import main"
_DELAY_S = 1.0
_monotonic = time.monotonic
"""Taken now: the program may replace it."""
_aboard: list[Boarding] = []
"""Keeps recording when exit handlers are forgotten, as `multiprocessing` does in forked children from 3.14 on."""


def board(plan: Mapping[str, Any], loaded_before: Collection[str]) -> None:
    """Prepare to record calls of the program that this interpreter is about to run.

    Args:
        plan: a `RecordingPlan`, packed.
        loaded_before: names of the modules that were loaded before callbox was.
    """
    whole = RecordingPlan.from_cargo(plan)
    if any(word.startswith(_TRACKER) for word in sys.orig_argv):
        return
    if whole.owner == 0:
        whole = dataclasses.replace(whole, owner=os.getpid())
    whole.follow_children()
    boarding = Boarding(whole, loaded_before)
    _aboard.append(boarding)
    atexit.register(boarding.end)
    call_at_entry(boarding.begin)


class Boarding:
    """A recording of calls in this process, for the program or for a process that it started."""

    def __init__(self, plan: RecordingPlan, loaded_before: Collection[str]) -> None:
        self._plan = plan
        self._process_id = os.getpid()
        self._is_owner = plan.owner == self._process_id
        self._replayed = Targets(plan.mock, plan.script) if plan.mock else None
        options = CaptureOptions(plan.limit, plan.is_nested, self._replayed)
        store = open_store(plan.folder, (plan.format,))
        self._session = Session(Targets(plan.targets, plan.script), options, store)
        if any("multiprocessing" in word for word in sys.orig_argv):
            self._session.write_at_once()
        self._namesakes = Namesakes(loaded_before)
        self._progress = Progress(self._session, sys.__stderr__)
        if self._is_owner and not plan.is_quiet and _has_terminal_for_itself():
            self._session.tell = self._progress.show

    def begin(self) -> None:
        """Start recording; if that cannot be, say why and end the program's process before it begins."""
        self._namesakes.make_way()
        try:
            self._session.begin()
        except CallboxError as error:
            if self._is_owner:
                _say(error_line(error))
                os._exit(exits.exit_code(error))

    def end(self) -> None:
        """Stop recording; in the program's own process, report."""
        if os.getpid() != self._process_id:
            self._session.end()
            return
        try:
            self._session.flush()  # files are written of values, whose classes are the program's
            with self._namesakes.restored():
                self._session.end()
                self._progress.clear()
                code = self._report() if self._is_owner else exits.OK
        except Exception as error:
            # The program's output is no place for a traceback of ours.
            _say(error_line(f"calls are lost, by a fault in callbox: {error!r}"))
            code = exits.OK
        keep_interrupt()
        if code:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                sys.stdout.flush()
            os._exit(code)

    def _report(self) -> int:
        """Say what was recorded; return the exit code where the program's own is none to keep."""
        session, plan = self._session, self._plan
        if session.problem:
            _say(f"callbox: warning: calls are missing: {session.problem}")
        unmet_mocks = self._replayed.unmet() if self._replayed is not None else []
        for pattern in (*session.targets.unmet(), *unmet_mocks):
            _say(f"callbox: warning: {self._explain(pattern)}")
        if not plan.is_quiet:
            kept, functions = _count(session.n_calls, "call"), _count(len(session.functions), "function")
            n_others = session.n_seen_elsewhere
            others = f"; {n_others:,} seen in other processes" if n_others else ""
            _say(f"callbox: {kept} of {functions} kept, {session.n_seen:,} seen{others} -> {plan.storage_dir}")
        if session.has_calls():
            return exits.OK
        _say(error_line("nothing was recorded: no target was called"))
        return exits.NOTHING_FOUND if describe_outcome() in ("", "exit code 0") else exits.OK

    def _explain(self, pattern: str) -> str:
        module, _, name = pattern.rpartition(".")
        while module and module not in sys.modules:
            module = module.rpartition(".")[0]
        if not module:
            return f"target {pattern} was never called: its module was not imported"
        known = [f"{module}.{other}" for other in vars(sys.modules[module])]
        return f"target {pattern} was never called{nearest(pattern, known) if name not in known else ''}"


class Progress:
    """A line on the terminal while a program runs that prints elsewhere: how many calls are kept by now.

    It is written when calls are written, by the thread that does: a thread of its own would be one more in the
    program, and Rich one more library. What the program prints to its standard error begins on the same line.
    """

    def __init__(self, session: Session, stream: TextIO | None) -> None:
        self._session = session
        self._stream = stream
        self._began_at = _monotonic()
        self._n_chars = 0

    def show(self) -> None:
        """Say how far it is, if that has taken a while."""
        if _monotonic() - self._began_at >= _DELAY_S:
            session = self._session
            self._write(f"callbox: {_count(session.n_calls, 'call')} kept, {session.n_seen:,} seen ...")

    def clear(self) -> None:
        """Leave nothing on the terminal."""
        if self._n_chars:
            self._write("")

    def _write(self, text: str) -> None:
        line, self._n_chars = text.ljust(self._n_chars), len(text)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            print(f"\r{line}", end="\r", file=self._stream, flush=True)


def _has_terminal_for_itself() -> bool:
    """Say whether standard error is a terminal, and standard output another place, so that no line meets another."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return sys.__stderr__.isatty() and not sys.__stdout__.isatty()  # type: ignore[union-attr]
    return False


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _say(line: str) -> None:
    """Print to the standard error that the process began with, if the program has left it open."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(line, file=sys.__stderr__, flush=True)
