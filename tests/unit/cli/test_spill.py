from __future__ import annotations

import sys

import pytest
from tests.support.captures import make_header

from callbox.cli.spill import start_collector
from callbox.errors import ConfigError


def test_collector_is_refused_on_windows(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(ConfigError, match="--spill does not work on Windows: leave it out"):
        start_collector(str(tmp_path), str(tmp_path / "a.cbx"), make_header())

    assert list(tmp_path.iterdir()) == []
