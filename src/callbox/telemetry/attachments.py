"""Watching libraries once they are loaded, without loading any."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


class Attachments:
    """Modules that attach to a library each, and let go of it."""

    def __init__(self, package: str, libraries: Mapping[str, str]) -> None:
        """Name them.

        Args:
            package: where the modules are.
            libraries: the module for each library; its function `attach` takes who is told, and returns what undoes it.
        """
        self._package = package
        self._waiting = dict(libraries)
        self._detach: list[Callable[[], object]] = []

    def attach(self, told: Any) -> None:
        """Attach to libraries that were loaded since the last time."""
        if not self._waiting:
            return
        for library in [name for name in self._waiting if name in sys.modules]:
            module = importlib.import_module(f"{self._package}.{self._waiting.pop(library)}")
            self._detach.append(module.attach(told))

    def detach(self) -> None:
        """Let go of all of them."""
        for detach in reversed(self._detach):
            detach()
        self._detach.clear()
