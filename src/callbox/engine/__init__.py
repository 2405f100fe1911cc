"""Recorders, and the kernels that read what they record.

All of it is imported when it is first asked for: the kernels need NumPy, which a program that
is being recorded may not want, and a guard of audit events needs no recorder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.lazy import importer

if TYPE_CHECKING:
    from callbox.engine.choice import ORACLE, choose_engine, engine_names, new_recorder
    from callbox.engine.kernels import CALL_DTYPE, EVENT_DTYPE, SLOT_DTYPE, decode_capture, fold_events
    from callbox.engine.options import Options
    from callbox.engine.recorder import Recorder, read_clock, ring_bytes

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

_MODULES = {
    **dict.fromkeys(("ORACLE", "choose_engine", "engine_names", "new_recorder"), "choice"),
    **dict.fromkeys(("CALL_DTYPE", "EVENT_DTYPE", "SLOT_DTYPE", "decode_capture", "fold_events"), "kernels"),
    "Options": "options",
    **dict.fromkeys(("Recorder", "read_clock", "ring_bytes"), "recorder"),
}

__getattr__ = importer(__name__, _MODULES)
