"""What written source gives when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from callbox.values.literals import Literal


def evaluate(written: Literal, folder: Path | None = None) -> Any:
    """Evaluate the source of a value, after its imports and statements, with its side files in a folder."""
    names: dict[str, Any] = {"DATA": folder}
    for name, data in written.side_files.items():
        assert folder is not None
        (folder / name).write_bytes(data)
    for statement in (*written.imports, *written.setup):
        exec(statement, names)
    return eval(written.source, names)
