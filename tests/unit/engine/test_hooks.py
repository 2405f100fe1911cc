"""Whose hooks callbox leaves alone, and what the program sees of ours."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

import pytest

from callbox import _core
from callbox.engine.choice import new_recorder
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.errors import EngineError

HERE = __name__
has_evaluator = pytest.mark.skipif("frameeval" not in _core.engines(), reason="frames are evaluated on 3.11")


@pytest.fixture(params=_core.engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def leaf(value: object = 0) -> object:
    return value


def branch() -> None:
    leaf(1)


def test_foreign_profile_function_is_not_stolen() -> None:
    def foreign(*_: object) -> None:
        pass

    recorder = NativeRecorder(Options(), "setprofile")
    sys.setprofile(foreign)
    try:
        with pytest.raises(EngineError, match="already has a profile function"):
            recorder.start()
        assert sys.getprofile() is foreign
    finally:
        sys.setprofile(None)


def test_foreign_threading_profile_is_not_stolen() -> None:
    def foreign(*_: object) -> None:
        pass

    recorder = NativeRecorder(Options(), "setprofile")
    threading.setprofile(foreign)
    try:
        with pytest.raises(EngineError, match=r"threading\.setprofile"):
            recorder.start()
        assert threading.getprofile() is foreign
    finally:
        threading.setprofile(None)


@pytest.mark.skipif("monitoring" not in _core.engines(), reason="sys.monitoring is 3.12+")
def test_foreign_tool_ids_are_not_stolen() -> None:
    recorder = NativeRecorder(Options(), "monitoring")
    free = [tool_id for tool_id in (3, 4) if sys.monitoring.get_tool(tool_id) is None]
    for tool_id in free:
        sys.monitoring.use_tool_id(tool_id, f"foreign {tool_id}")
    try:
        with pytest.raises(EngineError, match="tool ids 3 and 4 are both in use"):
            recorder.start()
        assert [sys.monitoring.get_tool(tool_id) for tool_id in free] == [f"foreign {tool_id}" for tool_id in free]
    finally:
        for tool_id in free:
            sys.monitoring.free_tool_id(tool_id)


def test_program_that_replaces_the_profile_function_is_noted() -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), "setprofile")
    recorder.start()
    leaf()
    sys.setprofile(None)
    branch()
    recorder.stop()
    assert recorder.capture().threads[0].n_events == 2
    assert "replaced the hook in 1 thread" in recorder.capture().header.notes[-1]


def test_the_hook_is_invisible_to_the_program(engine: str) -> None:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    seen = sys.getprofile(), sys.gettrace()
    recorder.stop()
    assert seen == (None, None)


def evaluator() -> int | None:
    """Where the function that runs frames lies."""
    api = ctypes.pythonapi
    api.PyInterpreterState_Get.restype = ctypes.c_void_p
    api._PyInterpreterState_GetEvalFrameFunc.argtypes = [ctypes.c_void_p]
    api._PyInterpreterState_GetEvalFrameFunc.restype = ctypes.c_void_p
    address: int | None = api._PyInterpreterState_GetEvalFrameFunc(api.PyInterpreterState_Get())
    return address


@has_evaluator
def test_recording_begins_again_beneath_an_evaluator_that_was_set_since() -> None:
    plain = evaluator()
    first, second = (NativeRecorder(Options(filters=(HERE,)), "frameeval") for _ in range(2))
    first.start()
    _core.observe(eval("lambda *_: None", {"__name__": "elsewhere"}))
    try:
        first.stop()
        second.start()
        branch()
        second.stop()
    finally:
        _core.unobserve()
    leaf()

    assert second.capture().threads[0].n_events == 4
    assert "replaced the hook in 1 thread" in first.capture().header.notes[-1]
    assert evaluator() == plain


@has_evaluator
def test_recording_begins_again_where_the_program_has_taken_the_hook_away() -> None:
    plain = evaluator()
    set_evaluator = ctypes.pythonapi._PyInterpreterState_SetEvalFrameFunc
    set_evaluator.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    recorder = NativeRecorder(Options(filters=(HERE,)), "frameeval")
    recorder.start()
    set_evaluator(ctypes.pythonapi.PyInterpreterState_Get(), plain)
    branch()
    recorder.stop()
    recorder.start()
    branch()
    recorder.stop()

    assert recorder.capture().threads[0].n_events == 1 + 4, "the pause, then the calls"
    assert evaluator() == plain


@has_evaluator
def test_evaluator_that_is_set_during_a_rest_keeps_the_hook_away_no_longer_than_it_is_there() -> None:
    def events_until(is_over: Callable[[], bool], seconds: float) -> int:
        last = time.monotonic() + seconds
        while not is_over() and time.monotonic() < last:
            deque(map(leaf, range(1000)), 0)
        return recorder.capture().threads[0].n_events

    plain = evaluator()
    recorder = new_recorder(Options(engine="frameeval", filters=(HERE,), overhead_budget=1e-4))
    recorder.start()
    events_until(lambda: evaluator() == plain, 10)
    _core.observe(eval("lambda *_: None", {"__name__": "elsewhere"}))
    before = events_until(lambda: False, 1)
    _core.unobserve()
    after = events_until(lambda: recorder.capture().threads[0].n_events > before, 10)
    recorder.stop()

    assert after > before
    assert evaluator() == plain


@has_evaluator
def test_evaluator_that_is_set_during_a_rest_and_stays_is_noted_and_recorded_beneath_the_next_time() -> None:
    plain = evaluator()
    resting, second = (
        new_recorder(Options(engine="frameeval", filters=(HERE,), overhead_budget=budget)) for budget in (1e-4, None)
    )
    resting.start()
    while evaluator() != plain:
        deque(map(leaf, range(1000)), 0)
    _core.observe(eval("lambda *_: None", {"__name__": "elsewhere"}))
    resting.stop()
    second.start()
    branch()
    second.stop()
    _core.unobserve()

    assert "replaced the hook in 1 thread" in resting.capture().header.notes[-1]
    assert second.capture().threads[0].n_events == 4
    assert evaluator() == plain


def test_reference_counts_are_left_alone(engine: str) -> None:
    argument = object()
    before = sys.getrefcount(argument), sys.getrefcount(leaf.__code__)
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    for _ in range(50):
        leaf(argument)
    recorder.stop()
    assert (sys.getrefcount(argument), sys.getrefcount(leaf.__code__)) == before
