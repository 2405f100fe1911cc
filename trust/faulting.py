"""One attempt: a forked process in which something fails, and how that ended.

An ending is a word, and what there is to say of it:

- `whole`: the recording is what it is without a fault; `less`: it lacks something, and says so; `refused`: an error of
  callbox's, or a MemoryError, before or after the program; `felt`: the program itself met the fault, as it would alone.
- `silent`: the recording lacks something or is another, and says nothing; `changed`: the program's result is not the
  right one; `died`: the process did.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trust.program import RESULT, program

from callbox import _core
from callbox.engine import Recorder
from callbox.model import Capture, EventKind
from callbox.recording import Recording

FINDINGS = ("silent", "changed", "died")
MEMORY, FILES, WRITES = 1, 2, 4
SHORT_WRITE = 0
FOREVER = 1 << 40
EVERYWHERE = (0, (1 << 64) - 1)

_shim = ctypes.CDLL(None)
_shim.failing_end.restype = ctypes.c_long


@dataclass(frozen=True)
class Fault:
    """Which calls of libc are to fail, and how."""

    name: str
    kinds: int
    error: int
    """An errno, or SHORT_WRITE."""
    is_lasting: bool = False
    """All that follow fail too."""
    first: int = FOREVER

    @contextlib.contextmanager
    def at(self, place: tuple[int, int]) -> Iterator[None]:
        """Let calls fail that return to a place in memory."""
        low, high = (ctypes.c_size_t(at) for at in place)
        last = FOREVER if self.is_lasting else self.first
        _shim.failing_begin(low, high, self.kinds, self.error, ctypes.c_long(self.first), ctypes.c_long(last))
        try:
            yield
        finally:
            _shim.failing_end()


def count_calls() -> int:
    """Count the calls since the last fault began, that could have failed until it ended."""
    return int(_shim.failing_end())


def take_hook(engine: str) -> None:
    """Give this thread the hook that an engine stands on, as one that does nothing."""
    python = ctypes.pythonapi
    if engine == "setprofile":
        python.PyEval_SetProfile(_shim.failing_nothing, None)
    elif engine == "frameeval":
        python.PyInterpreterState_Get.restype = ctypes.c_void_p
        interpreter = ctypes.c_void_p(python.PyInterpreterState_Get())
        python._PyInterpreterState_SetEvalFrameFunc(interpreter, _shim.failing_pass)


def _find_core() -> tuple[int, int]:
    lines = Path("/proc/self/maps").read_text().splitlines()
    ranges = [line.split()[0].split("-") for line in lines if _core.__file__ in line]
    return int(ranges[0][0], 16), int(ranges[-1][1], 16)


CORE = _find_core()
"""Where the core lies in memory; found once, as its file may be replaced meanwhile."""


def in_child(attempt: Callable[[], str]) -> str:
    """Make an attempt in a forked process, which says nothing of its own; return its ending."""
    reader, writer = os.pipe()
    process_id = os.fork()
    if process_id == 0:
        os.close(reader)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with contextlib.suppress(BaseException):
            try:
                ending = attempt()
            except BaseException as error:
                ending = f"died: {error!r}"
            os.write(writer, ending.encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        ending = pipe.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1])
    return ending if code == 0 and ending else f"died: exit code {code} {ending}"


def find_in_child(find: Callable[[], Any]) -> Any:
    """Return what a function finds in a forked process."""
    with tempfile.NamedTemporaryFile() as file:
        ending = in_child(lambda: str(Path(file.name).write_text(json.dumps(find()))))
        assert ending.isdecimal(), ending
        return json.loads(Path(file.name).read_text())


def record(recorder: Recorder) -> tuple[int, Capture]:
    """Record the program; return its result too."""
    recorder.start()
    try:
        result = program()
    finally:
        recorder.stop()
    return result, recorder.capture()


def events_of(capture: Capture) -> list[list[str]]:
    """List kinds and functions of what was recorded, thread by thread; a switch has a task in place of a function."""
    recording = Recording(capture)
    pairs = [(EventKind(event["kind"]), int(event["code"])) for event in recording.events]
    return [[k.name, recording.functions[code].name if k < EventKind.TASK_SWITCH else ""] for k, code in pairs]


def judge(capture: Capture, result: int, expected: list[list[str]]) -> str:
    """Name the ending of a recording that was made."""
    if result != RESULT:
        return f"changed: {result}"
    events = events_of(capture)
    if events == expected:
        return "whole"
    if capture.header.notes or Recording(capture).dropped:
        return "less"
    odd = next((i for i, pair in enumerate(zip(events, expected, strict=False)) if pair[0] != pair[1]), len(events))
    return f"silent: {len(events)} events of {len(expected)}, others from {odd} on: {events[odd : odd + 3]}"
