"""What `callbox` finds where it is called: said when it is called without a command."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from callbox.recording.parts import parts_folder

_STORES = (
    ("call_logs/calls.db", "callbox gen"),
    (".callbox/failures.db", "callbox failures list"),
    (".callbox/telemetry.db", "callbox telemetry report"),
    ("asv.conf.json", "callbox bench list ."),
)
"""What lies in a folder, and what reads it."""
_EXTRAS = (
    ("pytest", "pytest", "recordings, snapshots and failures of tests"),
    ("asv_runner", "bench", "bench"),
    ("coverage", "telemetry", "coverage of single tests"),
    ("duckdb", "scale", "query"),
)
"""A package, the extra that installs it, and what needs it."""
_MAX_BOXES = 5


def describe_here(folder: Path) -> list[str]:
    """Say which engine there would be, what a folder holds that callbox reads, and what is not installed, in lines."""
    from callbox.engine import Options, choose_engine

    engine, reason = choose_engine(Options())
    found = [("engine", f"{engine}: {reason}")]
    boxes = sorted(_boxes(folder), key=lambda path: (-path.stat().st_mtime_ns, path.name))
    for box in boxes[:_MAX_BOXES]:
        reader = "show --last 20" if parts_folder(box).is_dir() else "stats"
        found.append((box.name, f"callbox {reader} {box.name}"))
    if len(boxes) > _MAX_BOXES:
        found.append(("", f"… {len(boxes) - _MAX_BOXES:,} more recordings"))
    found += [(name, command) for name, command in _STORES if os.path.exists(folder / name)]  # noqa: PTH110
    found += [
        (f"no {package}", f"pip install 'callbox[{extra}]' for {use}")
        for package, extra, use in _EXTRAS
        if find_spec(package) is None
    ]
    width = max(len(name) for name, _ in found)
    return [f"  {name:<{width}}  {text}" for name, text in found]


def _boxes(folder: Path) -> list[Path]:
    try:
        return list(folder.glob("*.cbx"))
    except OSError:
        return []
