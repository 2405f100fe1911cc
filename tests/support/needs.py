"""What a program of the corpus needs besides the standard library; its text says so, `needs: MODULE`."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest


def missing_modules(program: Path) -> list[str]:
    """Return the modules that a program needs and that are not installed."""
    needed: list[str] = re.findall(r"^needs: (\w+)$", program.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for name in needed if importlib.util.find_spec(name) is None]


def skip_without_modules(program: Path) -> None:
    """Skip a test where a module is missing that its program needs."""
    for name in missing_modules(program):
        pytest.skip(f"{name} is not installed")
