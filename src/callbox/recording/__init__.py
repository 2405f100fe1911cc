"""Recordings: in memory, and on disk as boxes."""

from __future__ import annotations

from callbox.recording.read import open_recording
from callbox.recording.recording import Recording
from callbox.recording.write import reserve_box, write_box

__all__ = ["Recording", "open_recording", "reserve_box", "write_box"]
