"""The floors: empty hooks in C, compiled when the race starts, so that no build system is needed."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

from racing.contestant import AbsentError, Contestant, Entrant

SOURCES = Path(__file__).parent.parent / "floor"
CACHE = Path(__file__).parent.parent / "out" / "floor"
RING_EVENTS = 1 << 20
"""As in `floor/ring.h`."""

PROFILE_EMPTY = "profile-empty"
EVALUATOR_EMPTY = "evaluator-empty"
MONITORING_EMPTY = "monitoring-empty"

_STARTS = ("PY_START", "PY_RESUME", "PY_THROW")
_ENDS = ("PY_RETURN", "PY_YIELD", "PY_UNWIND")
_TOOL_IDS = (3, 4)


def compile_command(source: Path, target: Path) -> list[str]:
    """Return the command that compiles one C source into an extension module of this interpreter."""
    link = shlex.split(sysconfig.get_config_var("LDSHARED") or "cc -shared")
    if shutil.which(link[0]) is None:
        link[0] = "cc"
    if shutil.which(link[0]) is None:
        raise AbsentError("no C compiler: install one to measure the floors")
    include = sysconfig.get_path("include")
    return [*link, "-O3", "-DNDEBUG", "-fPIC", f"-I{include}", f"-I{SOURCES}", str(source), "-o", str(target)]


@functools.cache
def load_floor(name: str) -> ModuleType:
    """Compile, unless it was before, and import one module of `benchmarks/floor`."""
    source = SOURCES / f"{name}.c"
    text = source.read_bytes() + (SOURCES / "ring.h").read_bytes()
    folder = CACHE / f"{sys.implementation.cache_tag}-{hashlib.sha256(text).hexdigest()[:16]}"
    target = folder / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{name}.{os.getpid()}.partial")
        done = subprocess.run(compile_command(source, partial), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AbsentError(f"{source.name} does not compile here: {done.stderr.strip().splitlines()[-1]}")
        partial.replace(target)
    spec = importlib.util.spec_from_file_location(name, target)
    if spec is None or spec.loader is None:
        raise AbsentError(f"{target} is no extension module of this interpreter")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _enter_hook(module_name: str, has_ring: bool) -> Contestant:
    floor: Any = load_floor(module_name)
    if has_ring:
        return Contestant(floor.start_ring, floor.stop, ring_events=RING_EVENTS)
    return Contestant(floor.start_empty, floor.stop)


def _enter_profile(*, has_ring: bool) -> Contestant:
    return _enter_hook("floor_profile", has_ring)


def _enter_evaluator(*, has_ring: bool) -> Contestant:
    if sys.version_info[:2] != (3, 11):
        raise AbsentError("frame evaluators are measured on CPython 3.11 only")
    return _enter_hook("floor_evaluator", has_ring)


def _enter_monitoring(*, has_ring: bool) -> Contestant:
    monitoring: Any = getattr(sys, "monitoring", None)
    if monitoring is None:
        raise AbsentError("sys.monitoring came with CPython 3.12")
    floor: Any = load_floor("floor_monitoring")
    on_start, on_end = (floor.ring_start, floor.ring_end) if has_ring else (floor.empty, floor.empty)
    events = [getattr(monitoring.events, name) for name in _STARTS + _ENDS]

    def start() -> None:
        tool = next(tool for tool in _TOOL_IDS if monitoring.get_tool(tool) is None)
        monitoring.use_tool_id(tool, "floor")
        for name in _STARTS:
            monitoring.register_callback(tool, getattr(monitoring.events, name), on_start)
        for name in _ENDS:
            monitoring.register_callback(tool, getattr(monitoring.events, name), on_end)
        monitoring.set_events(tool, functools.reduce(int.__or__, events))

    def stop() -> None:
        tool = next(tool for tool in _TOOL_IDS if monitoring.get_tool(tool) == "floor")
        monitoring.set_events(tool, 0)
        for event in events:
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)

    return Contestant(start, stop, ring_events=RING_EVENTS if has_ring else 0)


FLOORS = (
    Entrant(PROFILE_EMPTY, functools.partial(_enter_profile, has_ring=False)),
    Entrant("profile-ring", functools.partial(_enter_profile, has_ring=True), PROFILE_EMPTY),
    Entrant(EVALUATOR_EMPTY, functools.partial(_enter_evaluator, has_ring=False)),
    Entrant("evaluator-ring", functools.partial(_enter_evaluator, has_ring=True), EVALUATOR_EMPTY),
    Entrant(MONITORING_EMPTY, functools.partial(_enter_monitoring, has_ring=False)),
    Entrant("monitoring-ring", functools.partial(_enter_monitoring, has_ring=True), MONITORING_EMPTY),
)
