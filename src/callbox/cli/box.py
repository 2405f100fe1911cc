"""The recording that a command reads, and what its reader must be told."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from callbox.cli import exits
from callbox.cli.output import import_fsspec, is_url
from callbox.cli.waiting import waiting
from callbox.errors import ConfigError, FormatError, NothingFoundError, reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callbox.recording import Recording


def name_boxes(boxes: Sequence[str]) -> dict[str, str]:
    """Map short names to boxes: file names, or paths where those do not tell them apart.

    Raises:
        ConfigError: one is named twice.
    """
    if twice := [box for index, box in enumerate(boxes) if box in boxes[:index]]:
        raise ConfigError(f"{twice[0]} is named twice: name each box once")
    names = [PurePath(box).name for box in boxes]
    return dict(zip(names if len(set(names)) == len(names) else boxes, boxes, strict=True))


def open_box(path: str) -> Recording:
    """Open a box that holds calls; say on stderr what is missing from it.

    A command that read a damaged one does its work with what is intact and ends with exit code 4, unless it has
    an answer of its own that is no.

    Args:
        path: where it is; may be an fsspec URL.

    Raises:
        FormatError: it cannot be read.
        NothingFoundError: it holds no calls.
    """
    from callbox.render.text import printable
    from callbox.tracing.steps import describe_steps, read_steps

    with waiting(f"reading {PurePath(path).name}"):
        recording = _open_url(path) if is_url(path) else _open_path(path)
        n_calls = len(recording.tree.calls)
    warnings = [*recording.damage, *recording.notes]
    if recording.damage:
        exits.note_damage()
    if not n_calls:
        reasons = f": {'; '.join(warnings)}" if warnings else ""
        raise NothingFoundError(printable(f"{path} holds no calls{reasons}"))
    if steps := read_steps(recording):
        warnings.append(describe_steps(recording, steps))
    if recording.dropped:
        warnings.append(
            f"{recording.dropped:,} older events were overwritten or lost: --max-events or --spill keep more"
        )
    for warning in warnings:
        print(f"callbox: warning: {printable(warning)}", file=sys.stderr)
    return recording


def _open_path(path: str) -> Recording:
    from callbox.recording import open_recording

    try:
        return open_recording(path)
    except FormatError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise FormatError(f"{error}; `callbox` names the recordings that are here") from error
        raise


def _open_url(url: str) -> Recording:
    """Open a box that is elsewhere, by a copy."""
    from callbox.recording import open_recording

    fsspec = import_fsspec(url)
    with tempfile.TemporaryDirectory(prefix="callbox-") as folder:
        path = Path(folder, "copy.cbx")
        try:
            with fsspec.open(url, "rb") as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
        except FileNotFoundError as error:
            # Servers that do not answer are among them; fsspec says the URL alone.
            raise FormatError(f"cannot read {url!r} as a box: it is not there, or out of reach") from error
        # A protocol that fsspec does not know is a ValueError, one whose package is missing an ImportError.
        except (OSError, ValueError, ImportError) as error:
            raise FormatError(f"cannot read {url!r} as a box: {reason(error)}") from error
        try:
            return open_recording(path)
        except FormatError as error:
            raise FormatError(str(error).replace(str(path), url)) from error


def describe(recording: Recording) -> dict[str, Any]:
    """Return how a recording was made, as plain values for JSON."""
    from callbox.tracing.steps import read_steps

    header = recording.header
    return {
        "command": list(header.command),
        "exit_status": header.exit_status,
        "is_complete": header.is_complete,
        "commit": header.commit or None,
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
        "overhead_budget": header.overhead_budget or None,
        "steps": [{"at_s": step.t_ns / 1e9, "level": step.level.name.lower()} for step in read_steps(recording)],
        "notes": list(recording.notes),
        "damage": list(recording.damage),
    }
