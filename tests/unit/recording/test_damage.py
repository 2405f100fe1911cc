"""Files damaged at random give an answer, and nothing wrong is taken for whole. `nox -s fuzz_recordings` does more."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.support.captures import CaptureBuilder
from tests.support.damage import fuzz_box, fuzz_parts, read_all
from tests.support.parts import ENDED_PROCESS, RingFile, function, slot, write_log

from callbox.model import EventKind
from callbox.recording import reserve_box

GOLD = Path(__file__).parents[2] / "gold" / "recording"
N_ROUNDS = 300


@pytest.mark.parametrize("version", ["version-1.cbx", "version-2.cbx"])
def test_damaged_box_gives_an_answer(tmp_path, version) -> None:
    answers = fuzz_box(GOLD / version, tmp_path / "damaged.cbx", N_ROUNDS, seed=1)

    assert answers.n == N_ROUNDS
    assert answers.n_partial > 0
    assert answers.n_refused > 0
    assert answers.whole_but_different == []


def test_damaged_parts_give_an_answer(tmp_path) -> None:
    folder = tmp_path / "recording"
    parts = folder / "box.cbx.parts"
    parts.mkdir(parents=True)
    header = dataclasses.replace(CaptureBuilder().build().header, process_id=ENDED_PROCESS, mode="trace")
    reserve_box(folder / "box.cbx", dataclasses.replace(header, started=_early(header), ended=_early(header)))
    events = [slot(EventKind.VALUE, 0, after=2), slot(EventKind.CALL, 1, after=3), slot(EventKind.RETURN, 1, after=9)]
    RingFile(events, n_prefixes=1, arena=bytes(64), arena_head=20).write(parts)
    write_log(parts, function(1, "load", parameters=("n",)))

    answers = fuzz_parts(folder, tmp_path / "damaged", N_ROUNDS, seed=1)

    assert read_all(folder / "box.cbx").n_events == 2
    assert answers.n == N_ROUNDS


def _early(header):
    return dataclasses.replace(header.started, ticks=0, monotonic_ns=0)
