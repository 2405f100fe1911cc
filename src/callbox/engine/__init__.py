"""Recorders, and the kernels that read what they record.

All of it is imported when it is first asked for: the kernels need NumPy, which a program that
is being recorded may not want, and a guard of audit events needs no recorder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    "choice": ("ORACLE", "choose_engine", "engine_names", "new_recorder"),
    "kernels": ("CALL_DTYPE", "EVENT_DTYPE", "SLOT_DTYPE", "decode_capture", "fold_events"),
    "options": ("Options",),
    "recorder": ("Recorder", "read_clock", "ring_bytes"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
