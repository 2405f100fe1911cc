"""Calls of chosen functions, told to Python one by one: what records calls in full stands on this.

Functions are chosen by their code, so whoever holds a function, a bound method, a
property or a copy of it under another name, every call is seen, and nothing is
patched. Code that is not chosen pays next to nothing.

On 3.11 an evaluator of frames sees the calls (`csrc/observe.c`), later
`sys.monitoring`; what observers are told is the same.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, TypeAlias

from callbox import _core
from callbox.errors import EngineError
from callbox.model import EventKind

Witness: TypeAlias = Callable[[int, Any], object]
"""Called as `witness(kind, value)` whenever the frame is left or, by a throw, entered; `kind` is an `EventKind`."""
Observer: TypeAlias = Callable[[tuple[Any, ...]], "Witness | int | None"]
"""Called as `observer(arguments)` when a call begins: what its parameters hold, `*args` and `**kwargs` last.

It answers a witness, None, or how many calls of this code it wants to be spared from now on."""
Chooser: TypeAlias = Callable[[CodeType, dict[str, Any]], "Observer | None"]
"""Called as `choose(code, globals)` once for each code object; an observer that held the code would keep it alive."""

_choosers: list[Chooser] = []


def observe(choose: Chooser) -> None:
    """Observe calls, in every thread, until `unobserve`. What runs in observers is not observed.

    Where several choose the same function, the first one has it.

    Raises:
        EngineError: the interpreter has no room for one more tool.
    """
    _choosers.append(choose)
    try:
        if sys.version_info >= (3, 12):
            _monitor.start(_choose)
        else:
            _core.observe(_choose)
    except BaseException:
        _choosers.remove(choose)
        raise


def unobserve(choose: Chooser | None = None) -> None:
    """Observe no more for one who chose, the last one if none is named.

    With nobody left, witnesses of calls that still run are not called.
    """
    if choose not in _choosers and (choose is not None or not _choosers):
        return
    _choosers.remove(choose or _choosers[-1])
    if _choosers:
        # All code is decided on anew.
        if sys.version_info >= (3, 12):
            _monitor.start(_choose)
        else:
            _core.observe(_choose)
    elif sys.version_info >= (3, 12):
        _monitor.stop()
    else:
        _core.unobserve()


def _choose(code: CodeType, module: dict[str, Any]) -> Observer | None:
    for choose in _choosers:
        observer = choose(code, module)
        if observer is not None:
            return observer
    return None


def parameters_of(code: CodeType) -> tuple[str, ...]:
    """Name a function's parameters in the order in which observers get what they hold."""
    n_starred = bool(code.co_flags & _VARARGS) + bool(code.co_flags & _VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + n_starred]


_VARARGS = 0x04
_VARKEYWORDS = 0x08

if sys.version_info >= (3, 12):
    _monitoring = sys.monitoring
    _events = _monitoring.events
    _LOCAL = _events.PY_RETURN | _events.PY_YIELD
    _GLOBAL = _events.PY_START | _events.PY_UNWIND | _events.PY_THROW
    _FREE_TOOL_IDS = (4, 3)
    """Those that no convention has given away, in the other order than the engine `monitoring` tries them."""

    class _Monitor:
        """Callbacks of `sys.monitoring`, and what is known of code and of frames that run."""

        def __init__(self) -> None:
            self._tool = -1
            self._choose: Chooser | None = None
            self._observers: dict[int, tuple[CodeType, Observer]] = {}
            self._n_spared: dict[int, int] = {}
            """Both by identity of the code, which the first keeps alive."""
            self._witnesses: dict[int, Witness] = {}
            """By identity of the frame object, which is the frame's as long as it runs or waits."""
            self._busy: set[int] = set()

        def start(self, choose: Chooser) -> None:
            if self._tool >= 0:
                self._observers.clear()
                self._n_spared.clear()
                _monitoring.restart_events()
                return
            self._tool = next((i for i in _FREE_TOOL_IDS if _monitoring.get_tool(i) is None), -1)
            if self._tool < 0:
                raise EngineError(
                    "sys.monitoring tool ids 3 and 4 are both in use: stop one of the tools that hold them"
                )
            self._choose = choose
            _monitoring.use_tool_id(self._tool, "callbox calls")
            for event, callback in (
                (_events.PY_START, self._on_start),
                (_events.PY_RETURN, self._on_return),
                (_events.PY_YIELD, self._on_yield),
                (_events.PY_UNWIND, self._on_unwind),
                (_events.PY_THROW, self._on_throw),
            ):
                _monitoring.register_callback(self._tool, event, callback)
            _monitoring.set_events(self._tool, _GLOBAL)
            _monitoring.restart_events()

        def stop(self) -> None:
            _monitoring.set_events(self._tool, 0)
            for code, _ in self._observers.values():
                _monitoring.set_local_events(self._tool, code, 0)
            for event in (_events.PY_START, _events.PY_RETURN, _events.PY_YIELD, _events.PY_UNWIND, _events.PY_THROW):
                _monitoring.register_callback(self._tool, event, None)
            _monitoring.free_tool_id(self._tool)
            self._tool = -1
            self._choose = None
            self._observers.clear()
            self._n_spared.clear()
            self._witnesses.clear()

        def _on_start(self, code: CodeType, _offset: int) -> Any:
            n_spared = self._n_spared.get(id(code), 0)
            if n_spared:
                self._n_spared[id(code)] = n_spared - 1
                return None
            thread = threading.get_ident()
            if thread in self._busy:
                return None
            frame = sys._getframe(1)
            known = self._observers.get(id(code))
            if known is not None:
                observer = known[1]
            else:
                chosen = self._call(thread, self._choose, code, frame.f_globals)
                if chosen is None:
                    return _monitoring.DISABLE
                observer = chosen
                self._observers[id(code)] = code, chosen
                _monitoring.set_local_events(self._tool, code, _LOCAL)
            self._witnesses.pop(id(frame), None)
            witness = self._call(thread, observer, _arguments_of(frame, code))
            if type(witness) is int:
                self._n_spared[id(code)] = witness
            elif witness is not None:
                self._witnesses[id(frame)] = witness
            return None

        def _on_return(self, code: CodeType, _offset: int, value: Any) -> Any:
            return self._leave(code, EventKind.RETURN, value)

        def _on_yield(self, code: CodeType, _offset: int, value: Any) -> Any:
            return self._leave(code, EventKind.YIELD, value)

        def _on_unwind(self, code: CodeType, _offset: int, error: BaseException) -> None:
            if self._witnesses:
                self._leave(code, EventKind.UNWIND, error)

        def _on_throw(self, code: CodeType, _offset: int, error: BaseException) -> None:
            if self._witnesses:
                self._leave(code, EventKind.THROW, error)

        def _leave(self, code: CodeType, kind: EventKind, value: Any) -> Any:
            if id(code) not in self._observers:
                return _monitoring.DISABLE if kind in (EventKind.RETURN, EventKind.YIELD) else None
            thread = threading.get_ident()
            if thread not in self._busy:
                frame = id(sys._getframe(2))
                is_end = kind in (EventKind.RETURN, EventKind.UNWIND)
                witness = self._witnesses.pop(frame, None) if is_end else self._witnesses.get(frame)
                if witness is not None:
                    self._call(thread, witness, kind, value)
            return None

        def _call(self, thread: int, callback: Any, *args: Any) -> Any:
            """Call back; what it raises is no matter of the program's."""
            self._busy.add(thread)
            try:
                return callback(*args)
            except Exception as error:
                sys.unraisablehook(_Unraisable(type(error), error, error.__traceback__, None, callback))
                return None
            finally:
                self._busy.discard(thread)

    class _Unraisable:
        """What `sys.unraisablehook` reads."""

        def __init__(self, *fields: Any) -> None:
            self.exc_type, self.exc_value, self.exc_traceback, self.err_msg, self.object = fields

    def _arguments_of(frame: FrameType, code: CodeType) -> tuple[Any, ...]:
        held = frame.f_locals
        return tuple(held.get(name) for name in parameters_of(code))

    _monitor = _Monitor()
