"""What recorders hand over, and what of it is copied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from callbox import _core
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder

HERE = __name__


@pytest.fixture(params=_core.engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def leaf(value: int = 0) -> int:
    return value


def branch() -> int:
    return leaf(1) + leaf(2)


def test_recording_in_files_is_handed_over_without_a_copy_at_its_end(engine: str, tmp_path: Path) -> None:
    options = Options(filters=(HERE,), max_events=1024, mode="trace")
    recorder = NativeRecorder(options, engine, str(tmp_path))
    recorder.start()
    branch()
    before = recorder.capture()

    after = recorder.finish()

    assert not recorder.is_recording
    assert [type(*thread.segments) for thread in (*before.threads, *after.threads)] == [bytes, memoryview]
    assert [bytes(*thread.segments) for thread in before.threads] == [
        bytes(*thread.segments) for thread in after.threads
    ]


def test_header_says_what_a_capture_would(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE, "nowhere.*")), engine)
    recorder.start()
    branch()
    recorder.stop()

    assert recorder.header == recorder.capture().header
    assert recorder.header.notes == ("filter 'nowhere.*' matched no module",)


def test_events_are_shown_without_a_copy(engine: str) -> None:
    recorder = _core.Recorder(engine, Options(filters=(HERE,), max_events=1024))
    recorder.start()
    branch()
    recorder.stop()
    first, second = (np.frombuffer(recorder.snapshot()[0][5][0], np.uint64) for _ in range(2))
    assert first.ctypes.data == second.ctypes.data
    assert first.shape == (6,)
    assert not first.flags.writeable
