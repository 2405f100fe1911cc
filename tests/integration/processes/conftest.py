"""Programs of several processes, or of one that ends badly, and what their recordings hold of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder, and an environment without settings for Python or callbox."""
    return Desk.at(tmp_path)


@pytest.fixture
def calls(desk: Desk) -> Callable[[str], Counter[int]]:
    """Count the calls of a function in the box, by process."""

    def count(name: str) -> Counter[int]:
        recording = desk.recording()
        rows = recording.tree.calls
        named = [
            recording.threads[thread].process_id
            for code, thread in zip(rows["code"].tolist(), rows["thread"].tolist(), strict=True)
            if recording.functions[code].name == name
        ]
        return Counter(named)

    return count


@pytest.fixture
def parts(desk: Desk) -> Path:
    """Where the parts of the box lie until they are merged."""
    return desk.folder / "callbox.cbx.parts"
