"""The recording that a command reads, and what its reader must be told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from callbox.errors import NothingFoundError

if TYPE_CHECKING:
    from callbox.recording import Recording


def open_box(path: str) -> Recording:
    """Open a box that holds calls; say on stderr what is missing from it.

    Raises:
        FormatError: it cannot be read.
        NothingFoundError: it holds no calls.
    """
    from callbox.recording import open_recording
    from callbox.render.text import printable

    recording = open_recording(path)
    warnings = [*recording.damage, *recording.notes]
    if not len(recording.tree.calls):
        reasons = f": {'; '.join(warnings)}" if warnings else ""
        raise NothingFoundError(printable(f"{path} holds no calls{reasons}"))
    if recording.dropped:
        warnings.append(f"{recording.dropped:,} older events were overwritten or lost: raise --max-events to keep more")
    for warning in warnings:
        print(f"callbox: warning: {printable(warning)}", file=sys.stderr)
    return recording


def describe(recording: Recording) -> dict[str, Any]:
    """Return how a recording was made, as plain values for JSON."""
    header = recording.header
    return {
        "command": list(header.command),
        "exit_status": header.exit_status,
        "is_complete": header.is_complete,
        "engine": header.engine,
        "mode": header.mode,
        "filters": list(header.filters),
        "python": header.python,
        "platform": header.platform,
        "process_id": header.process_id,
        "started_s": header.started.epoch_ns / 1e9,
        "duration_s": recording.duration_ns / 1e9,
        "events": recording.n_events,
        "dropped": recording.dropped,
        "notes": list(recording.notes),
        "damage": list(recording.damage),
    }
