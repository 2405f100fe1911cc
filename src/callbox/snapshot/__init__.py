"""Snapshots: what code did, as a text that is the same whenever it does the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.lazy import importer

if TYPE_CHECKING:
    from callbox.snapshot.captured import capture_args, load_capture
    from callbox.snapshot.extension import CallTreeFileExtension, CallTreeSnapshotExtension
    from callbox.snapshot.traced import TracedSnapshot

__all__ = ["CallTreeFileExtension", "CallTreeSnapshotExtension", "TracedSnapshot", "capture_args", "load_capture"]

# The extensions need syrupy; and pytest, which loads `amber`, shall not load the engine before it is asked for.
_MODULES = {
    "CallTreeFileExtension": "extension",
    "CallTreeSnapshotExtension": "extension",
    "TracedSnapshot": "traced",
    "capture_args": "captured",
    "load_capture": "captured",
}

__getattr__ = importer(__name__, _MODULES)
