"""Packages that import their names when they are first asked for."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from callbox.lazy import importer

PACKAGES = [
    "callbox",
    *(f"callbox.{name}" for name in ("engine", "recording", "snapshot", "telemetry", "testgen", "tracing")),
]


def test_name_is_found_in_its_module() -> None:
    find = importer("collections", {"Mapping": "abc"})

    assert find("Mapping") is importlib.import_module("collections.abc").Mapping


def test_name_that_is_not_told_is_no_attribute() -> None:
    find = importer("collections", {})

    with pytest.raises(AttributeError, match="module 'collections' has no attribute 'Mapping'"):
        find("Mapping")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_of_a_package_can_be_imported(package) -> None:
    module = importlib.import_module(package)

    assert [name for name in module.__all__ if getattr(module, name) is None] == []


def test_importing_needs_no_other_module_of_callbox() -> None:
    script = "import sys, callbox.lazy; print(*sorted(name for name in sys.modules if name.startswith('callbox')))"

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["callbox", "callbox.lazy"]
