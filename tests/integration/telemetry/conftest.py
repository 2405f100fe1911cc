"""Test suites of three frameworks, run in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.telemetry_lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    (tmp_path / ".callbox").mkdir()
    return Lab(tmp_path)
