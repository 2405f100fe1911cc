"""How the arguments of a call stand in its source: read from the bytecode of the caller."""

from __future__ import annotations

import dis
import sys
from types import CodeType, FrameType

_MAX_KNOWN = 2_000
_OWN_MODULES = "callbox."
_known: dict[tuple[int, int], tuple[CodeType, tuple[int, tuple[str, ...]] | None]] = {}
"""By identity of the code, which is kept, and by place in it."""

HAS_OWN_FRAME = sys.version_info >= (3, 12)
"""Whether the frame of a function is on the stack already when its observer is told."""


def caller_of(frame: FrameType | None) -> FrameType | None:
    """Return the frame that calls the function whose observer runs in a frame."""
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(_OWN_MODULES):
        frame = frame.f_back
    return frame.f_back if frame is not None and HAS_OWN_FRAME else frame


def passed_in(frame: FrameType) -> tuple[int, tuple[str, ...]] | None:
    """Return how many arguments the call that a frame is making has by position, and the names of the others.

    Returns:
        None where that cannot be told: the call has `*` or `**`, or what runs is no call in the source.
    """
    code, offset = frame.f_code, frame.f_lasti
    key = id(code), offset
    if key not in _known:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        _known[key] = code, _read_call(code, offset)
    return _known[key][1]


def _read_call(code: CodeType, offset: int) -> tuple[int, tuple[str, ...]] | None:
    """Read the instruction at an offset, or the one whose caches lie there."""
    names: tuple[str, ...] = ()
    found = before = None
    for instruction in dis.get_instructions(code):
        if instruction.offset > offset:
            break
        if instruction.opname == "KW_NAMES":
            names = code.co_consts[instruction.arg or 0]
        elif found is not None and found.opname == "CALL":
            names = ()
        before, found = found, instruction
    if found is not None and found.opname == "CALL_KW" and before is not None and type(before.argval) is tuple:
        names = before.argval
    elif found is None or found.opname != "CALL":
        return None
    return (found.arg or 0) - len(names), names
