"""The steps of a recording that keeps to a budget: when it kept less, and when more again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import EventKind, Level
from callbox.render.text import duration

if TYPE_CHECKING:
    from callbox.recording import Recording

_WORDS = {
    Level.TRACE: "calls with values",
    Level.PROFILE: "calls without values",
    Level.SAMPLE_4: "1 in 4 of the time, whole call trees",
    Level.SAMPLE_16: "1 in 16 of the time, whole call trees",
    Level.SAMPLE_64: "1 in 64 of the time, whole call trees",
}
_N_TOLD = 4


@dataclass(frozen=True, slots=True)
class Step:
    """A change of how much is kept.

    Attributes:
        t_ns: nanoseconds since the recording began.
        process_id: of the process that it was in.
        level: what was kept from then on.
    """

    t_ns: int
    process_id: int
    level: Level


def read_steps(recording: Recording) -> tuple[Step, ...]:
    """Return the steps in order of time; one that several threads of a process followed counts once."""
    events = recording.events
    rows = events[events["kind"] == EventKind.STEP]
    steps = []
    for process_id in dict.fromkeys(thread.process_id for thread in recording.threads):
        here = [index for index, thread in enumerate(recording.threads) if thread.process_id == process_id]
        mine = rows[np.isin(rows["thread"], here)]
        mine = mine[np.argsort(mine["t_ns"], kind="stable")]
        levels = mine["code"] & 0xF
        is_new = np.append(True, levels[1:] != levels[:-1])[: len(mine)]
        # A tree that was cut is noted as a step from a level to itself.
        is_new &= levels != mine["code"] >> 4
        steps += [
            Step(int(row["t_ns"]) - recording.header.started.epoch_ns, process_id, Level(int(row["code"]) & 0xF))
            for row in mine[is_new]
        ]
    return tuple(sorted(steps, key=lambda step: step.t_ns))


def describe_steps(recording: Recording, steps: tuple[Step, ...]) -> str:
    """Say in one sentence what was kept, and from when on."""
    told = [f"from {duration(max(0, step.t_ns))} on {_WORDS[step.level]}" for step in steps[:_N_TOLD]]
    if len(steps) > _N_TOLD:
        told.append(f"and {len(steps) - _N_TOLD} more steps, the last to {_WORDS[steps[-1].level]}")
    return f"to cost no more than {recording.header.overhead_budget:.1%} it kept less: {'; '.join(told)}"
