"""The oracle's hook on CPython 3.12 and later: `sys.monitoring`, which names every entry and exit itself.

Source: PEP 669; CPython Doc/library/sys.monitoring.rst.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from callbox.errors import EngineError
from callbox.model import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from callbox.engine.oracle._log import EventLog

_monitoring: Any = getattr(sys, "monitoring", None)
_TOOL_NAME = "callbox oracle"
_TOOL_IDS = (4, 3)  # those that belong to no kind of tool
_ENTRIES = {"PY_START": EventKind.CALL, "PY_RESUME": EventKind.RESUME, "PY_THROW": EventKind.THROW}
_EXITS = {"PY_RETURN": EventKind.RETURN, "PY_YIELD": EventKind.YIELD, "PY_UNWIND": EventKind.UNWIND}
_C_EXITS = {"C_RETURN": EventKind.C_RETURN, "C_RAISE": EventKind.C_RAISE}


class MonitoringHook:
    """Feeds a log from `sys.monitoring`, in every thread."""

    def __init__(self, log: EventLog, *, c_calls: bool) -> None:
        self._log = log
        self._tool_id: int | None = None
        self._callbacks = {name: self._entry(kind) for name, kind in _ENTRIES.items()}
        self._callbacks |= {name: self._exit(kind) for name, kind in _EXITS.items()}
        if c_calls:
            self._callbacks |= {"CALL": self._on_c_call}
            self._callbacks |= {name: self._c_exit(kind) for name, kind in _C_EXITS.items()}

    def install(self) -> None:
        """Monitor every thread.

        Raises:
            EngineError: both tool ids that belong to no tool are taken.
        """
        tool_id = next((i for i in _TOOL_IDS if _monitoring.get_tool(i) is None), None)
        if tool_id is None:
            holders = " and ".join(repr(_monitoring.get_tool(i)) for i in _TOOL_IDS)
            raise EngineError(
                f"engine 'oracle' cannot start: sys.monitoring tool ids {_TOOL_IDS} are held by {holders}; "
                f"free one, or choose another engine"
            )
        _monitoring.use_tool_id(tool_id, _TOOL_NAME)
        self._tool_id = tool_id
        events = 0
        for name, callback in self._callbacks.items():
            _monitoring.register_callback(tool_id, getattr(_monitoring.events, name), callback)
            events |= getattr(_monitoring.events, name)
        # C_RETURN and C_RAISE come with CALL and cannot be asked for.
        _monitoring.set_events(tool_id, events & ~(_monitoring.events.C_RETURN | _monitoring.events.C_RAISE))

    def remove(self) -> bool:
        """Stop monitoring; return whether the tool id was still ours."""
        tool_id, self._tool_id = self._tool_id, None
        if tool_id is None or _monitoring.get_tool(tool_id) != _TOOL_NAME:
            return False
        _monitoring.set_events(tool_id, 0)
        for name in self._callbacks:
            _monitoring.register_callback(tool_id, getattr(_monitoring.events, name), None)
        _monitoring.free_tool_id(tool_id)
        return True

    def _entry(self, kind: EventKind) -> Callable[..., None]:
        def on_entry(code: CodeType, _offset: int, *_args: Any) -> None:
            frame = sys._getframe(1)
            if frame.f_code is code and self._log.is_selected(frame):
                self._log.enter(frame, kind)

        return on_entry

    def _exit(self, kind: EventKind) -> Callable[..., None]:
        def on_exit(code: CodeType, _offset: int, _value: Any) -> None:
            frame = sys._getframe(1)
            if frame.f_code is code and self._log.is_selected(frame):
                self._log.leave(frame, kind)

        return on_exit

    def _on_c_call(self, code: CodeType, _offset: int, callee: Any, _argument: Any) -> None:
        frame = sys._getframe(1)
        if frame.f_code is code and self._log.is_selected(frame):
            self._log.enter_c(frame, callee)

    def _c_exit(self, kind: EventKind) -> Callable[..., None]:
        def on_c_exit(code: CodeType, _offset: int, callee: Any, _argument: Any) -> None:
            frame = sys._getframe(1)
            if frame.f_code is code and self._log.is_selected(frame):
                self._log.leave_c(frame, callee, kind)

        return on_c_exit
