"""What the hooks report to: selects, numbers, nests and records."""

from __future__ import annotations

import inspect
import threading
import time
from typing import TYPE_CHECKING, Any

from callbox.engine.globs import find_deciding, is_negated, is_selected
from callbox.engine.oracle._functions import FunctionTable, is_c_function
from callbox.engine.oracle._journal import Journal, OpenCall
from callbox.model import EventKind

if TYPE_CHECKING:
    from types import FrameType

    from callbox.engine.options import Options

_SUSPENDABLE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class EventLog:
    """The journals of all threads and the rules of what goes into them."""

    def __init__(self, options: Options) -> None:
        self.functions = FunctionTable()
        self.journals: list[Journal] = []
        self._patterns = options.filters
        self._deciding: set[int] = set()
        self._verdicts: dict[int, bool] = {}
        self._max_depth = options.max_depth
        self._capacity = 1 << (options.max_events - 1).bit_length()
        self._session = 0
        self._here = threading.local()

    def begin_session(self) -> None:
        """Forget which frames are open: what runs now runs since before the recording."""
        self._session += 1

    def clear(self) -> None:
        """Forget what was recorded."""
        self.journals = []
        self._here = threading.local()

    def unmatched_patterns(self) -> list[str]:
        """Return the patterns that decided for no function seen."""
        return [pattern for index, pattern in enumerate(self._patterns) if index not in self._deciding]

    def is_selected(self, frame: FrameType) -> bool:
        """Say whether a frame's function is recorded."""
        function_id = self.functions.id_of_frame(frame)
        if function_id not in self._verdicts:
            module = self.functions[function_id].module_name
            self._verdicts[function_id] = is_selected(self._patterns, module)
            self._note_deciding(module)
        return self._verdicts[function_id]

    def enter(self, frame: FrameType, kind: EventKind) -> None:
        """Record that a selected frame begins or goes on."""
        journal = self._journal_before(frame.f_back)
        self._push(journal, kind, frame)

    def leave(self, frame: FrameType, kind: EventKind) -> None:
        """Record that a selected frame ends or is suspended, if its enter was seen."""
        journal = self._journal_before(frame)
        self._pop(journal, journal.find(id(frame)), kind)

    def go_on(self, frame: FrameType, instruction: int | None) -> None:
        """Note what a selected frame runs, or that it raises: it may have resumed without an event."""
        journal = self._journal_before(frame)
        index = journal.find(id(frame))
        if index is None and _is_suspendable(frame):
            self._push(journal, EventKind.RESUME, frame)
            index = -1
        if index is not None:
            journal.stack[index].instruction = instruction

    def last_instruction(self, frame: FrameType) -> int | None:
        """Return the opcode that `go_on` was last told of."""
        journal = self._journal_before(frame)
        index = journal.find(id(frame))
        return None if index is None else journal.stack[index].instruction

    def enter_c(self, frame: FrameType, callee: Any) -> None:
        """Record that a selected frame calls a C function."""
        if self._is_recorded_c(callee):
            self._push(self._journal_before(frame), EventKind.C_CALL, frame, self.functions.id_of_c_function(callee))

    def leave_c(self, frame: FrameType, callee: Any, kind: EventKind) -> None:
        """Record that a C function called by a selected frame ended, if its call was seen."""
        if self._is_recorded_c(callee):
            journal = self._journal_before(frame)
            self._pop(journal, journal.find(id(frame), is_c=True), kind)

    def _push(self, journal: Journal, kind: EventKind, frame: FrameType, c_function_id: int | None = None) -> None:
        is_c = c_function_id is not None
        function_id = self.functions.id_of_frame(frame) if c_function_id is None else c_function_id
        is_recorded = self._max_depth is None or journal.depth < self._max_depth
        journal.stack.append(OpenCall(id(frame), function_id, is_c=is_c, is_recorded=is_recorded))
        if is_recorded:
            identity = id(frame) >> 4 if not is_c and _is_suspendable(frame) else 0
            journal.append(time.monotonic_ns(), kind, function_id, identity)

    def _pop(self, journal: Journal, index: int | None, kind: EventKind) -> None:
        if index is None:
            return
        call = journal.stack[index]
        del journal.stack[index:]  # what lay above lost its end: a program that took the hook for itself
        if call.is_recorded and not call.is_before:
            journal.append(time.monotonic_ns(), kind, call.function_id)

    def _journal_before(self, frame: FrameType | None) -> Journal:
        """Return this thread's journal; on its first use in a session, `frame` and its callers run since before."""
        journal: Journal | None = getattr(self._here, "journal", None)
        if journal is None:
            journal = self._here.journal = Journal(self._capacity, self._session)
            self.journals.append(journal)
        elif journal.session == self._session:
            return journal
        journal.session = self._session
        journal.stack = []
        while frame is not None:
            if self.is_selected(frame):
                journal.stack.insert(0, OpenCall(id(frame), self.functions.id_of_frame(frame), is_before=True))
            frame = frame.f_back
        return journal

    def _is_recorded_c(self, callee: Any) -> bool:
        if not is_c_function(callee):
            return False
        module = self.functions[self.functions.id_of_c_function(callee)].module_name
        self._note_deciding(module)
        return not is_negated(self._patterns, module)

    def _note_deciding(self, module: str) -> None:
        index = find_deciding(self._patterns, module)
        if index is not None:
            self._deciding.add(index)


def _is_suspendable(frame: FrameType) -> bool:
    return bool(frame.f_code.co_flags & _SUSPENDABLE)
