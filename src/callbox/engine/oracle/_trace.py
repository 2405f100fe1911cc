"""The oracle's hook on CPython 3.11: a trace function that sees every instruction.

A trace function is told less than it seems: `call` for every entry, `return` for
every exit. Which entry is read from the instruction the frame stands on;
which exit, from the last instruction it ran and whether an exception came after.
C calls come from a profile function beside it.

Source: CPython 3.11 Python/ceval.c, `trace_function_entry`, and Objects/genobject.c, `_gen_throw`.
"""

from __future__ import annotations

import sys
import threading
from opcode import opmap
from typing import TYPE_CHECKING, Any

from callbox.errors import EngineError
from callbox.model import EventKind

if TYPE_CHECKING:
    from types import FrameType

    from callbox.engine.oracle._log import EventLog

_RESUME = opmap["RESUME"]
_EXITS: dict[int | None, EventKind] = {
    opmap["RETURN_VALUE"]: EventKind.RETURN,
    opmap["YIELD_VALUE"]: EventKind.YIELD,
}
_C_EXITS = {"c_return": EventKind.C_RETURN, "c_exception": EventKind.C_RAISE}


class TraceHook:
    """Feeds a log from `sys.settrace` and, for C calls, `sys.setprofile`."""

    def __init__(self, log: EventLog, *, c_calls: bool) -> None:
        self._log = log
        self._c_calls = c_calls
        self._is_installed = False
        # One object each, so that "still ours" is an identity.
        self._trace = self._on_entry
        self._profile = self._on_c_event

    def install(self) -> None:
        """Trace this thread and those that `threading` starts from now on.

        Raises:
            EngineError: a trace or profile function is there already.
        """
        taken: dict[str, Any] = {"sys.settrace": sys.gettrace(), "threading.settrace": threading.gettrace()}
        if self._c_calls:
            taken |= {"sys.setprofile": sys.getprofile(), "threading.setprofile": threading.getprofile()}
        for setter, function in taken.items():
            if function is not None:
                raise EngineError(
                    f"engine 'oracle' cannot start: {setter} already holds {function!r}; remove it, "
                    f"or choose another engine"
                )
        self._is_installed = True
        if self._c_calls:
            threading.setprofile(self._profile)
            sys.setprofile(self._profile)
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def remove(self) -> bool:
        """Stop tracing; return whether this thread's functions were still ours.

        Other threads cannot be reached: each removes the functions at its next event.
        """
        was_ours = sys.gettrace() is self._trace and (not self._c_calls or sys.getprofile() is self._profile)
        if sys.gettrace() is self._trace:
            sys.settrace(None)
        if threading.gettrace() is self._trace:
            threading.settrace(None)
        if sys.getprofile() is self._profile:
            sys.setprofile(None)
        if threading.getprofile() is self._profile:
            threading.setprofile(None)
        self._is_installed = False
        return was_ours

    def _on_entry(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        if not self._is_installed:
            sys.settrace(None)
            return None
        if not self._log.is_selected(frame):
            return None
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        self._log.enter(frame, _entry_kind(frame))
        return self._on_step

    def _on_step(self, frame: FrameType, event: str, _arg: Any) -> Any:
        """See an instruction, an exception or an exit of a frame that `_on_entry` has let through once."""
        if not self._is_installed:
            sys.settrace(None)
            return None
        if event == "return":
            # Not what the frame stands on: RERAISE moves it back to where the exception came from.
            self._log.leave(frame, _EXITS.get(self._log.last_instruction(frame), EventKind.UNWIND))
        else:
            self._log.go_on(frame, _instruction(frame)[0] if event == "opcode" else None)
        return self._on_step

    def _on_c_event(self, frame: FrameType, event: str, arg: Any) -> None:
        if not self._is_installed:
            sys.setprofile(None)
        elif event == "c_call":
            if self._log.is_selected(frame):
                self._log.enter_c(frame, arg)
        elif event in _C_EXITS and self._log.is_selected(frame):
            self._log.leave_c(frame, arg, _C_EXITS[event])


def _entry_kind(frame: FrameType) -> EventKind:
    """Read RESUME's argument: 0 at the start, else what suspended the frame. No RESUME: it is thrown into."""
    opcode, argument = _instruction(frame)
    if opcode != _RESUME:
        return EventKind.THROW
    return EventKind.RESUME if argument & 3 else EventKind.CALL


def _instruction(frame: FrameType) -> tuple[int, int]:
    bytecode = frame.f_code.co_code
    return bytecode[frame.f_lasti], bytecode[frame.f_lasti + 1]
