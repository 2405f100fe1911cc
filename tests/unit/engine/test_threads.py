"""Threads: those that ran already, those that come, and what they are called."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from callbox import _core
from callbox.engine.kernels import decode_capture
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.model import EventKind

HERE = __name__


@pytest.fixture(params=_core.engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def leaf() -> None:
    pass


def ten_leaves() -> None:
    for _ in range(10):
        leaf()


def count_leaves(recorder: NativeRecorder) -> int:
    capture = recorder.capture()
    ids = [f.id for f in capture.functions if f.module_name == HERE and f.qualified_name == "leaf"]
    events, _, _ = decode_capture(capture)
    return int(np.count_nonzero(np.isin(events["code"], ids) & (events["kind"] == EventKind.CALL)))


def test_threads_started_before_and_after_are_recorded(engine: str) -> None:
    begin, end = threading.Event(), threading.Event()

    def running() -> None:
        begin.wait()
        ten_leaves()
        end.set()

    older = threading.Thread(target=running)
    older.start()
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    begin.set()
    end.wait()
    younger = [threading.Thread(target=ten_leaves) for _ in range(3)]
    for thread in younger:
        thread.start()
    for thread in [older, *younger]:
        thread.join()
    recorder.stop()
    assert count_leaves(recorder) == 40
    assert len(recorder.capture().threads) >= 4


def test_thread_without_room_for_a_ring_is_counted_once(engine: str, tmp_path: Path) -> None:
    def look_again() -> None:
        for _ in range(5):
            leaf()
            _core.mute()
            _core.unmute()

    folder = tmp_path / "parts"
    folder.mkdir()
    recorder = NativeRecorder(Options(filters=(HERE,)), engine, folder=folder)
    recorder.start()
    leaf()
    folder.rename(tmp_path / "elsewhere")
    threads = [threading.Thread(target=look_again) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    recorder.stop()

    assert "no memory for the rings of 2 thread(s); their calls are missing" in recorder.capture().header.notes


def test_another_thread_may_stop(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    stopper = threading.Thread(target=recorder.stop)
    stopper.start()
    stopper.join()
    ten_leaves()
    assert count_leaves(recorder) == 0
    assert sys.getprofile() is None


def test_a_thread_that_ended_keeps_its_name(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    thread = threading.Thread(target=ten_leaves, name="reader of leaves")
    thread.start()
    thread.join()
    recorder.stop()
    assert [captured.name for captured in recorder.capture().threads] == ["MainThread", "reader of leaves"]


def test_of_threads_that_have_ended_sixteen_full_rings_are_kept_and_the_others_counted(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,), max_events=16), engine)

    recorder.start()
    for _ in range(100):
        thread = threading.Thread(target=ten_leaves)
        thread.start()
        thread.join()
    recorder.stop()

    capture = recorder.capture()
    n_rings = sum(len(thread.segments) > 0 for thread in capture.threads)
    [forgotten] = [thread for thread in capture.threads if thread.name.endswith("threads that had ended")]
    n_events = sum(thread.n_events for thread in capture.threads)
    assert 16 <= n_rings < 16 + 32
    assert forgotten.n_events == 22 * (100 - n_rings)
    assert n_events == 22 * 100
