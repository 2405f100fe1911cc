"""No test may leave a hook installed: what comes after it would be traced, or slowed down, unseen."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import pytest
from hypothesis import given, settings, strategies

pytest_plugins = ["pytester"]

# What a shell runs in the background ignores Ctrl-C, and so would the programs that tests start and send it to.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The many short runs of pytest that tests start do without a plugin that takes a quarter of their time to import.
os.environ.setdefault("PYTEST_ADDOPTS", "-p no:hypothesispytest")

# How long an example takes is the machine's matter.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")

TOOL_IDS = (3, 4)
"""The tool ids of `sys.monitoring` that no well-known tool owns: the ones callbox may take."""


@dataclass(frozen=True)
class Hooks:
    """The hooks that were installed at one moment, ours and those of coverage or a debugger."""

    profile: Any
    trace: Any
    threading_profile: Any
    threading_trace: Any
    tools: tuple[str | None, ...]

    @classmethod
    def installed(cls) -> Hooks:
        tools = tuple(sys.monitoring.get_tool(i) for i in TOOL_IDS) if sys.version_info >= (3, 12) else ()
        return cls(sys.getprofile(), sys.gettrace(), threading.getprofile(), threading.gettrace(), tools)

    def differences(self, other: Hooks) -> list[str]:
        pairs = [(f.name, getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        return [f"{name}: {mine!r}" for name, mine, theirs in pairs if mine != theirs]

    def restore(self) -> None:
        sys.setprofile(self.profile)
        sys.settrace(self.trace)
        threading.setprofile(self.threading_profile)
        threading.settrace(self.threading_trace)
        for tool_id, before in zip(TOOL_IDS, self.tools, strict=False):
            if before is None and sys.monitoring.get_tool(tool_id) is not None:
                sys.monitoring.set_events(tool_id, 0)
                sys.monitoring.free_tool_id(tool_id)


MANY_OBJECTS = 20_000
known_recorders: weakref.WeakSet[Any] = weakref.WeakSet()


def running_recorders() -> list[Any]:
    """Find what records in the core: not every engine's hook can be seen from Python.

    What has been looked at is left out the next time: to look at all objects after each of some thousand tests takes
    longer than the tests.
    """
    engine = sys.modules.get("callbox.engine.recorder")
    if engine is None:
        return []
    kind, objects = engine.NativeRecorder, gc.get_objects()
    known_recorders.update(o for o in objects if type(o) is kind)
    if len(objects) > MANY_OBJECTS:
        del objects
        introduce_numpy()
        gc.collect()
        gc.freeze()
    return [recorder for recorder in known_recorders if recorder.is_recording]


def pytest_unconfigure() -> None:
    """Let the end of the process find everything again, and the core no leaks that are none."""
    gc.unfreeze()


def introduce_numpy() -> None:
    """Let Hypothesis find NumPy's generator now: it asks what refers to it, which nobody knows of frozen objects."""
    if "numpy" in sys.modules:
        given(strategies.none())(lambda _: None)()


@pytest.fixture(scope="session")
def recorders_at_start() -> list[Any]:
    return running_recorders()


@pytest.fixture(autouse=True)
def hooks_are_left_as_found(recorders_at_start: list[Any]) -> Iterator[None]:
    before = Hooks.installed()
    yield
    after = Hooks.installed()
    running = [recorder for recorder in running_recorders() if recorder not in recorders_at_start]
    for recorder in running:
        recorder.stop()
    if after != before:
        before.restore()
    if running or after != before:
        changes = "; ".join([*(f"recording: {r!r}" for r in running), *after.differences(before)])
        pytest.fail(f"the test changed hooks and did not put them back: {changes}")
