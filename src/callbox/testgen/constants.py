"""Objects that modules hold by name and whose identity matters: sentinels, token types, loggers, made functions.

A copy of such an object would not be the one that the program compares with `is`.
"""

from __future__ import annotations

import contextvars
import enum
import logging
import sys
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

from callbox.values import statics

_BASES = frozenset({tuple, str, int, float, bytes, frozenset})
_NAMED = (logging.Logger, contextvars.ContextVar)
_MAX_PER_MODULE = 10_000


class Constants:
    """Names of such objects in some packages.

    Attributes:
        table: module and qualified name by identity; what it names is kept alive.
    """

    def __init__(self) -> None:
        self.table: dict[int, tuple[str, str]] = {}
        self._packages: set[str] = set()
        self._kept: list[Any] = []
        self._n_modules = 0

    def add_package(self, module: str) -> None:
        """Look at the package of a module too, from now on."""
        package = module.partition(".")[0]
        if package not in self._packages:
            self._packages.add(package)
            self._n_modules = 0

    def refresh(self, *, is_forced: bool = False) -> Mapping[int, tuple[str, str]]:
        """Look at modules again if there are more than there were, and return the table."""
        if is_forced or self._n_modules != len(sys.modules):
            self._n_modules = len(sys.modules)
            for name, module in list(sys.modules.items()):
                if name.partition(".")[0] in self._packages and type(module) is ModuleType:
                    self._scan(name, module)
        return self.table

    def _scan(self, module_name: str, module: ModuleType) -> None:
        waiting = [(name, value) for name, value in list(vars(module).items()) if _is_constant(value)]
        n = 0
        while waiting and n < _MAX_PER_MODULE:
            path, value = waiting.pop(0)
            n += 1
            known = self.table.get(id(value))
            if known is not None and (known[0] != module_name or known[1] != path):
                continue
            if known is None:
                self.table[id(value)] = module_name, path
                self._kept.append(value)
            has_parts = type(value) not in (object, FunctionType)
            parts = statics.layout_of(type(value)).namespace_of(value) if has_parts else None
            waiting.extend((f"{path}.{key}", part) for key, part in (parts or {}).items() if type(part) is type(value))


def _is_constant(value: Any) -> bool:
    cls = type(value)
    if cls is object or cls in _NAMED or (cls is FunctionType and "<locals>" in value.__qualname__):
        return True
    if statics.derives(type(cls), enum.EnumType) or statics.derives(cls, type):
        return False
    layout = statics.layout_of(cls)
    return layout.base in _BASES and cls not in _BASES and bool(layout.namespace_of(value))
