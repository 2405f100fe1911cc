"""The peers: the tracers and profilers people use today, each as its documents say."""

from __future__ import annotations

import cProfile
import functools
import importlib
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from racing.contestant import AbsentError, Contestant, Entrant
from racing.floors import PROFILE_EMPTY

VIZTRACER = "viztracer"
TRACE0 = "trace0"
_VIZTRACER_ENTRIES = 1_000_000  # its default
_VIZTRACER_ENTRIES_ARGS = 100_000  # with arguments a million entries take gigabytes


def import_peer(name: str) -> Any:
    """Import a peer's module or say that it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise AbsentError(f"{name} is not installed") from None


def _whole(stop: Callable[[], object]) -> Callable[[], None]:
    """Complete a peer's stop that leaves its hook behind for threads to come."""

    def stop_everywhere() -> None:
        stop()
        threading.setprofile(None)

    return stop_everywhere


def _enter_setprofile() -> Contestant:
    def hook(_frame: FrameType, _event: str, _arg: object) -> None:
        pass

    return Contestant(lambda: sys.setprofile(hook), lambda: sys.setprofile(None))


def _enter_settrace() -> Contestant:
    def hook(_frame: FrameType, _event: str, _arg: object) -> Any:
        return hook  # without a local function there would be no returns

    return Contestant(lambda: sys.settrace(hook), lambda: sys.settrace(None))


def _enter_cprofile() -> Contestant:
    profile = cProfile.Profile()
    return Contestant(profile.enable, profile.disable, profile.clear)


def _enter_yappi() -> Contestant:
    yappi = import_peer("yappi")
    yappi.set_clock_type("wall")  # the cheaper of its clocks
    return Contestant(functools.partial(yappi.start, builtins=False), _whole(yappi.stop), yappi.clear_stats)


def _enter_viztracer(n_entries: int = _VIZTRACER_ENTRIES, **options: bool) -> Contestant:
    viztracer = import_peer("viztracer")
    tracer = viztracer.VizTracer(n_entries, verbose=0, register_global=False, **options)
    stop = _whole(tracer.stop)
    tracer.start()  # its constructor leaves a profile function installed until the first stop
    stop()
    return Contestant(tracer.start, stop, tracer.clear, ring_events=n_entries)


def _enter_viztracer_args() -> Contestant:
    return _enter_viztracer(_VIZTRACER_ENTRIES_ARGS, log_func_args=True, log_func_retval=True)


def _enter_trace0() -> Contestant:
    trace0 = import_peer("trace0")
    folder = tempfile.TemporaryDirectory(prefix="race-trace0-")
    output = str(Path(folder.name) / "trace.pb")
    running: list[Any] = []

    def start() -> None:
        tracer = trace0.Tracer(output, "protobuf", trace_subprocesses=False)
        tracer.__enter__()
        running.append(tracer)

    def stop() -> None:
        running.pop().__exit__(None, None, None)

    def reset() -> None:
        Path(output).unlink(missing_ok=True)
        Path(folder.name).mkdir(exist_ok=True)

    return Contestant(start, stop, reset)


PEERS = (
    Entrant("setprofile-python", _enter_setprofile, PROFILE_EMPTY),
    Entrant("settrace-python", _enter_settrace),
    Entrant("cprofile", _enter_cprofile),
    Entrant("yappi", _enter_yappi, PROFILE_EMPTY),
    Entrant(VIZTRACER, _enter_viztracer),
    Entrant("viztracer-no-c", functools.partial(_enter_viztracer, ignore_c_function=True)),
    Entrant("viztracer-args", _enter_viztracer_args),
    Entrant(TRACE0, _enter_trace0),
)
