"""Which engine records, and what happens when its hook is taken."""

from __future__ import annotations

import subprocess
import sys

import pytest

from callbox import _core
from callbox.engine import choice
from callbox.engine.choice import AutoRecorder, choose_engine, engine_names, new_recorder
from callbox.engine.options import Options
from callbox.engine.oracle import OracleRecorder
from callbox.engine.recorder import NativeRecorder
from callbox.errors import ConfigError, EngineError


class Stub:
    """An engine that starts if its hook is free, and writes down its name."""

    taken: set[str]

    def __init__(self, options: Options, engine: str, folder: str | None = None) -> None:
        self._native = NativeRecorder(options, "setprofile", folder)
        self._engine = engine
        self.is_recording = False

    def start(self) -> None:
        if self._engine in self.taken:
            raise EngineError(f"engine {self._engine!r} cannot start: its hook is taken")
        self.is_recording = True

    def stop(self) -> None:
        self.is_recording = False

    def clear(self) -> None:
        self.is_cleared = True

    def capture(self):
        return self._native.capture()


@pytest.fixture
def taken(monkeypatch) -> set[str]:
    """The stub engines whose hook is taken."""
    monkeypatch.setattr(choice, "NativeRecorder", Stub)
    monkeypatch.setattr(choice._core, "engines", lambda: ["setprofile", "monitoring"])
    Stub.taken = set()
    return Stub.taken


def add(a: int, b: int) -> int:
    return a + b


def recorded_names(recorder) -> list[str]:
    capture = recorder.capture()
    names = {function.id: function.name for function in capture.functions}
    words = [word for thread in capture.threads for s in thread.segments for word in memoryview(s).cast("I")[1::2]]
    return [names[word >> 8] for word in words if word & 0xFF == 1]


@pytest.mark.parametrize("engine", ["auto", *engine_names()])
def test_every_engine_records_a_call(engine) -> None:
    recorder = new_recorder(Options(engine=engine, filters=(__name__,)))

    recorder.start()
    add(1, 2)
    recorder.stop()

    assert recorded_names(recorder) == ["add"]


def test_oracle_is_the_last_engine_and_never_chosen() -> None:
    assert engine_names()[-1] == "oracle"
    assert choose_engine(Options())[0] != "oracle"


def test_oracle_by_name_is_the_pure_python_twin() -> None:
    assert isinstance(new_recorder(Options(engine="oracle")), OracleRecorder)


def test_profile_hook_is_preferred_for_c_calls_beside_the_evaluator(monkeypatch) -> None:
    monkeypatch.setattr(choice._core, "engines", lambda: ["setprofile", "frameeval"])

    assert choose_engine(Options())[0] == "frameeval"
    assert choose_engine(Options(c_calls=True))[0] == "setprofile"


def test_monitoring_is_preferred_also_for_c_calls(monkeypatch) -> None:
    monkeypatch.setattr(choice._core, "engines", lambda: ["setprofile", "monitoring"])

    assert choose_engine(Options())[0] == "monitoring"
    assert choose_engine(Options(c_calls=True))[0] == "monitoring"


def test_evaluator_is_an_engine_only_where_no_call_passes_it_by() -> None:
    assert ("frameeval" in _core.engines()) == ((3, 11, 4) <= sys.version_info < (3, 12))


def test_choice_says_why() -> None:
    assert choose_engine(Options(engine="oracle")) == ("oracle", "it was asked for by name")


def test_unknown_engine_is_a_configuration_error_that_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown engine 'turbo': choose one of auto, .*setprofile, oracle"):
        new_recorder(Options(engine="turbo"))


def test_engine_of_another_python_is_an_engine_error(monkeypatch) -> None:
    monkeypatch.setattr(choice._core, "engines", lambda: ["setprofile"])

    with pytest.raises(EngineError, match=r"'monitoring' does not exist on Python 3\.\d+.*: choose one of auto"):
        new_recorder(Options(engine="monitoring"))


def test_build_without_native_engines_is_an_engine_error(monkeypatch) -> None:
    monkeypatch.setattr(choice._core, "engines", list)

    with pytest.raises(EngineError, match="no engine in C"):
        new_recorder(Options())


def test_forced_engine_never_falls_back(taken) -> None:
    taken.add("monitoring")

    with pytest.raises(EngineError, match="'monitoring' cannot start"):
        new_recorder(Options(engine="monitoring")).start()


def test_auto_falls_to_the_next_engine_and_notes_it(taken) -> None:
    taken.add("monitoring")
    recorder = new_recorder(Options())

    recorder.start()

    assert recorder.is_recording
    assert recorder.capture().header.notes == ("engine 'monitoring' cannot start: its hook is taken",)


def test_auto_notes_nothing_when_the_best_engine_starts(taken) -> None:
    recorder = new_recorder(Options())

    recorder.start()

    assert recorder.capture().header.notes == ()


def test_auto_names_every_engine_that_could_not_start(taken) -> None:
    taken.update({"monitoring", "setprofile"})

    with pytest.raises(EngineError, match=r"no engine can start: engine 'monitoring' .*; engine 'setprofile' "):
        new_recorder(Options()).start()


def test_auto_begins_with_the_best_engine_again_after_all_were_taken(taken) -> None:
    recorder = new_recorder(Options())
    taken.update({"monitoring", "setprofile"})
    with pytest.raises(EngineError):
        recorder.start()

    taken.clear()
    recorder.start()

    assert recorder.is_recording
    assert recorder.capture().header.notes == ()


def test_auto_keeps_to_the_engine_that_recorded(taken) -> None:
    recorder = AutoRecorder(Options())
    recorder.start()
    recorder.stop()
    taken.add("monitoring")

    with pytest.raises(EngineError, match=r"^engine 'monitoring' cannot start"):
        recorder.start()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="engines of 3.12 and later share a hook with nobody")
def test_foreign_profile_function_is_not_stolen() -> None:
    def foreign(*event: object) -> None: ...

    sys.setprofile(foreign)
    try:
        with pytest.raises(EngineError, match="'setprofile' cannot start"):
            new_recorder(Options(engine="setprofile")).start()
        left = sys.getprofile()
    finally:
        sys.setprofile(None)

    assert left is foreign


def test_static_mode_records_nothing() -> None:
    recorder = new_recorder(Options(mode="static"))

    recorder.start()
    was_recording = recorder.is_recording
    add(1, 2)
    recorder.stop()
    recorder.stop()
    recorder.clear()

    capture = recorder.capture()
    assert was_recording
    assert not recorder.is_recording
    assert (capture.header.engine, capture.header.mode, capture.threads) == ("none", "static", ())


def test_static_mode_still_checks_the_name_of_the_engine() -> None:
    with pytest.raises(ConfigError, match="unknown engine 'turbo'"):
        new_recorder(Options(engine="turbo", mode="static"))


def test_recorders_are_made_without_numpy_and_kernels_bring_it() -> None:
    code = (
        "import sys, callbox.engine as e; e.new_recorder(e.Options()); print('numpy' in sys.modules);"
        "e.CALL_DTYPE; print('numpy' in sys.modules)"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert result.stdout.split() == ["False", "True"]


def test_engine_package_has_no_other_names() -> None:
    import callbox.engine

    with pytest.raises(AttributeError, match=r"'callbox\.engine' has no attribute 'warp'"):
        callbox.engine.warp
    assert [getattr(callbox.engine, name) is not None for name in callbox.engine.__all__].count(False) == 0
