"""Recorders, and the kernels that read what they record.

The kernels need NumPy, which a program that is being recorded may not want:
they are imported when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbox.engine.choice import ORACLE, choose_engine, engine_names, new_recorder
from callbox.engine.options import Options
from callbox.engine.recorder import Recorder, read_clock, ring_bytes

if TYPE_CHECKING:
    from callbox.engine.kernels import CALL_DTYPE, EVENT_DTYPE, SLOT_DTYPE, decode_capture, fold_events

__all__ = [
    "CALL_DTYPE",
    "EVENT_DTYPE",
    "ORACLE",
    "SLOT_DTYPE",
    "Options",
    "Recorder",
    "choose_engine",
    "decode_capture",
    "engine_names",
    "fold_events",
    "new_recorder",
    "read_clock",
    "ring_bytes",
]

_KERNELS = frozenset({"CALL_DTYPE", "EVENT_DTYPE", "SLOT_DTYPE", "decode_capture", "fold_events"})


def __getattr__(name: str) -> Any:
    if name in _KERNELS:
        from callbox.engine import kernels

        return getattr(kernels, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
