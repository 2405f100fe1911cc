"""Recordings: in memory, and on disk as boxes.

Their readers and writers need NumPy, which a program that is being recorded may
not want: they are imported when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.lazy import importer

if TYPE_CHECKING:
    from callbox.recording.read import open_recording
    from callbox.recording.recording import Recording
    from callbox.recording.reservation import reserve_box
    from callbox.recording.write import write_box

__all__ = ["Recording", "open_recording", "reserve_box", "write_box"]

_MODULES = {"Recording": "recording", "open_recording": "read", "reserve_box": "reservation", "write_box": "write"}

__getattr__ = importer(__name__, _MODULES)
