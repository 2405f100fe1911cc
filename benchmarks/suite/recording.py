"""What recording costs while the program runs."""

from __future__ import annotations

from callbox.engine.choice import ORACLE, engine_names, new_recorder
from callbox.engine.options import Options
from callbox.engine.recorder import Recorder
from callbox.model import Capture
from callbox.recording.recording import Recording
from suite.programs import PROGRAMS

ENGINES = tuple(name for name in engine_names() if name != ORACLE)
EXCLUDED = ("no_such_module.*",)


def record(recorder: Recorder, program: str) -> Capture:
    """Run a program under a recorder and hand over what it saw."""
    recorder.start()
    try:
        PROGRAMS[program]()
    finally:
        recorder.stop()
    return recorder.capture()


class Programs:
    """Programs under each engine; "none" is the program alone."""

    params = (("none", *ENGINES), tuple(PROGRAMS))
    param_names = ("engine", "program")

    def setup(self, engine: str, program: str) -> None:
        self.run = PROGRAMS[program]
        self.recorder = None if engine == "none" else new_recorder(Options(engine=engine))
        if self.recorder:
            self.recorder.start()

    def teardown(self, engine: str, program: str) -> None:
        if self.recorder:
            self.recorder.stop()

    def time_run(self, engine: str, program: str) -> None:
        self.run()


class Excluded:
    """A program that the filter leaves out."""

    params = ENGINES
    param_names = ("engine",)

    def setup(self, engine: str) -> None:
        self.recorder = new_recorder(Options(engine=engine, filters=EXCLUDED))
        self.recorder.start()

    def teardown(self, engine: str) -> None:
        self.recorder.stop()

    def time_fib(self, engine: str) -> None:
        PROGRAMS["fib"]()


class Switching:
    """Beginning and ending a recording."""

    params = ENGINES
    param_names = ("engine",)

    def setup(self, engine: str) -> None:
        self.recorder = new_recorder(Options(engine=engine))

    def time_start_stop(self, engine: str) -> None:
        self.recorder.start()
        self.recorder.stop()

    def time_new_recorder(self, engine: str) -> None:
        new_recorder(Options(engine=engine))


class Footprint:
    """Memory that events take."""

    params = (ENGINES, tuple(PROGRAMS))
    param_names = ("engine", "program")

    def setup(self, engine: str, program: str) -> None:
        self.recorder = new_recorder(Options(engine=engine))

    def track_ring_bytes_per_event(self, engine: str, program: str) -> float:
        capture = record(self.recorder, program)
        n_bytes = sum(memoryview(segment).nbytes for thread in capture.threads for segment in thread.segments)
        return n_bytes / Recording(capture).n_events

    def track_events(self, engine: str, program: str) -> int:
        return Recording(record(self.recorder, program)).n_events

    track_ring_bytes_per_event.unit = "bytes"  # type: ignore[attr-defined]
    track_events.unit = "events"  # type: ignore[attr-defined]
