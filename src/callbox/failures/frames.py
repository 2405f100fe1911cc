"""Frames of a traceback: where each was, and what its variables held."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from callbox.engine.wrap import Wrapper
from callbox.failures import source
from callbox.failures.model import Frame
from callbox.failures.options import MAX_FRAMES, MAX_LOCALS, CaptureOptions
from callbox.failures.values import ValueWriter
from callbox.values import statics

_HIDDEN = frozenset({"__builtins__", "__tracebackhide__", "__class__"})
_MAX_WITH_LOCALS = 16
"""Innermost frames whose variables are kept."""
_MAX_SOURCES = 3
"""Innermost frames whose functions' and classes' sources are kept."""


def walk(traceback: types.TracebackType | None) -> Iterator[tuple[types.FrameType, int]]:
    """Yield the frames of a traceback with the line that each was at, outermost first."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno or 0  # None of code that was made without lines
        traceback = traceback.tb_next


class FrameReader:
    """Reads tracebacks into what is kept of them."""

    def __init__(self, options: CaptureOptions, writer: ValueWriter, start: types.CodeType | None = None) -> None:
        """Begin.

        Args:
            options: how much is kept.
            writer: writes the variables.
            start: what was called; frames outside of it belong to whoever called it.
        """
        self._options = options
        self._writer = writer
        self._start = start

    def read(self, traceback: types.TracebackType | None) -> tuple[tuple[Frame, ...], int]:
        """Return the frames that are kept, outermost first, and the number of those between that are not."""
        places = [place for place in walk(traceback) if not source.is_own(place[0].f_code.co_filename)]
        starts = (index for index, place in enumerate(places) if place[0].f_code is self._start)
        places = places[next(starts, 0) :]
        if self._options.skip_stdlib:
            # the innermost stays, whosever it is: there it was raised
            outer = [place for place in places[:-1] if not source.is_stdlib(place[0].f_code.co_filename)]
            places = outer + places[-1:]
        n_omitted = max(0, len(places) - MAX_FRAMES)
        if n_omitted:
            places = places[: MAX_FRAMES // 2] + places[-(MAX_FRAMES - MAX_FRAMES // 2) :]
        # the innermost first: should time run out, they are the ones that count
        frames = [self._frame(*place, depth=depth) for depth, place in enumerate(reversed(places))]
        return tuple(reversed(frames)), n_omitted

    def _frame(self, frame: types.FrameType, line: int, depth: int) -> Frame:
        code, options = frame.f_code, self._options
        first_line, lines = source.context_of(code.co_filename, line, options.code_context_lines)
        has_source = options.enhanced_context and depth < _MAX_SOURCES
        has_class = options.extract_classes and depth < _MAX_SOURCES
        module = dict.get(frame.f_globals, "__name__")  # which `exec` takes of any class
        return Frame(
            filename=code.co_filename,
            line=line,
            function=code.co_qualname,
            module=module if type(module) is str else "",
            first_line=first_line,
            code=lines,
            source=source.source_of(code, options.max_code_lines) if has_source else "",
            class_source=source.class_source_of(code, options.max_code_lines) if has_class else "",
            locals=self._locals(frame) if options.include_locals and depth < _MAX_WITH_LOCALS else None,
        )

    def _locals(self, frame: types.FrameType) -> dict[str, str]:
        """Write what the variables held; a module's are its definitions, and are left out with the dunder names."""
        namespace: Any = frame.f_locals
        if frame.f_code.co_flags & _OPTIMIZED == 0 and type(namespace) is not dict:
            return {}  # a class body, whose namespace may be anything
        is_module = frame.f_code.co_name == "<module>"
        shown = [(name, value) for name, value in list(namespace.items()) if _is_shown(name, value, is_module)]
        found = {name: self._writer.write_named(name, value) for name, value in shown[:MAX_LOCALS]}
        if len(shown) > MAX_LOCALS:
            n_more = len(shown) - MAX_LOCALS
            found["…"] = f"{n_more} more variable{'' if n_more == 1 else 's'}"
        return found


def _is_shown(name: Any, value: Any, is_module: bool) -> bool:
    # namespaces that `exec` was given have keys of any kind; "@": what pytest adds to a test's own
    if type(name) is not str or name in _HIDDEN or name.startswith("@"):
        return False
    return not (is_module and (name.startswith("__") or _is_definition(type(value))))


def _is_definition(kind: type) -> bool:
    return any(kind is each for each in _DEFINITIONS) or statics.derives(kind, Wrapper)


_OPTIMIZED = 0x01  # co_flags: variables lie in slots, not in a namespace
_DEFINITIONS = (types.ModuleType, types.FunctionType, type)
