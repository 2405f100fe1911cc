from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from suite.programs import PROGRAMS
from suite.synthetic import build_capture

from callbox.model import Capture, Outcome
from callbox.recording.recording import Recording

SUITE = Path(__file__).parents[3] / "benchmarks" / "suite"


@pytest.fixture(scope="module")
def capture() -> Capture:
    return build_capture(50_000, n_threads=2)


def test_synthetic_calls_are_balanced_and_nested(capture: Capture) -> None:
    recording = Recording(capture)
    calls = recording.tree.calls

    assert recording.n_events >= 50_000
    assert recording.dropped == 0
    assert set(np.unique(calls["outcome"])) == {Outcome.RETURNED, Outcome.RAISED}
    assert calls["depth"].max() == 40
    assert not calls["is_partial"].any()


def test_synthetic_clock_runs_forward_across_its_turn(capture: Capture) -> None:
    events = Recording(capture).events
    first_thread = events[events["thread"] == 0]

    assert capture.threads[0].ticks_high == (capture.header.started.ticks >> 32) + 1
    assert np.diff(first_thread["t_ns"]).min() > 0


def test_synthetic_generators_resume(capture: Capture) -> None:
    calls = Recording(capture).tree.calls

    assert calls["n_resumes"][calls["n_resumes"] > 0].min() >= 1
    assert calls["n_resumes"].max() == 4


def test_synthetic_slots_repeat_for_the_same_seed(capture: Capture) -> None:
    again = build_capture(50_000, n_threads=2)

    assert [bytes(t.segments[0]) for t in again.threads] == [bytes(t.segments[0]) for t in capture.threads]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_compute_the_same_every_time(name: str) -> None:
    assert PROGRAMS[name]() == PROGRAMS[name]()


def test_asv_discovers_every_kind_of_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    discovery = pytest.importorskip("asv_runner.discovery")
    monkeypatch.syspath_prepend(str(SUITE.parent))

    found = {benchmark.name: benchmark.type for benchmark in discovery.disc_benchmarks(str(SUITE))}

    assert found["recording.Programs.time_run"] == "time"
    assert found["reading.Box.peakmem_read_calls"] == "peakmemory"
    assert found["recording.Footprint.track_events"] == "track"
    assert found["rendering.time_json"] == "time"
