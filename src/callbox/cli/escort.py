"""Recording a Python process that the recorded program has started.

It writes rings and a function log among the parts of the program's box, says
nothing and ends as it would: the program's own process, or whoever opens the
box, merges them.
"""

# pathlib would be one more module in the process of the program.
# ruff: noqa: PTH112

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Collection, Sequence

from callbox.cli.flight_plan import FlightPlan
from callbox.cli.namesakes import Namesakes
from callbox.engine import Options, Recorder, new_recorder
from callbox.errors import CallboxError

_TRACKER = "from multiprocessing.resource_tracker import main"
_MAIN = "__main__"
_SPAWNED_MAIN = "__mp_main__"


def is_worth_following(plan: FlightPlan, words: Sequence[str]) -> bool:
    """Say whether a process is to be recorded.

    One is not when its recording is over, nor is the resource tracker of
    `multiprocessing`, which runs nothing of the program and outlives it.

    Args:
        plan: of the recording that it would belong to.
        words: its command line.
    """
    has_folder = plan.folder is not None and os.path.isdir(plan.folder)
    return has_folder and not any(word.startswith(_TRACKER) for word in words)


class Escort:
    """A recording of this process, for the program that started it."""

    def __init__(self, plan: FlightPlan, loaded_before: Collection[str]) -> None:
        self._process_id = os.getpid()
        self._recorder: Recorder = new_recorder(with_spawned_main(collected(plan).options), plan.folder)
        self._namesakes = Namesakes(loaded_before)

    def begin(self) -> None:
        """Start recording, if that can be."""
        self._namesakes.make_way()
        with contextlib.suppress(CallboxError):
            self._recorder.start()

    def end(self) -> None:
        """Stop recording; a forked child goes on."""
        if os.getpid() == self._process_id:
            self._recorder.stop()


def collected(plan: FlightPlan) -> FlightPlan:
    """Return a plan that waits for a collector only if there is one: it may have been killed, or have ended."""
    if not plan.options.spill:
        return plan
    from callbox.cli.spill import has_collector

    has_one = plan.folder is not None and has_collector(plan.folder)
    return dataclasses.replace(plan, options=dataclasses.replace(plan.options, spill=has_one))


def with_spawned_main(options: Options) -> Options:
    """Let patterns for the program's main module match the name that `multiprocessing` gives it in a new process."""
    filters = []
    for pattern in options.filters:
        filters.append(pattern)
        if pattern.removeprefix("!") == _MAIN:
            filters.append(pattern.replace(_MAIN, _SPAWNED_MAIN))
    return dataclasses.replace(options, filters=tuple(filters))
