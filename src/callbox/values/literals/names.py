"""Names in written source: imports that clash with nothing, and variables."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from callbox.values import statics

_ALIASES = {"numpy": "np", "pandas": "pd", "pyarrow": "pa"}
_TAKEN = frozenset(dir(builtins)) | frozenset(keyword.kwlist)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Names:
    """The names that one piece of source uses.

    Args:
        reserved: names that mean something else in the surrounding code; `import re` where that is a module.
        modules: names to import modules by instead of their own.
    """

    def __init__(self, reserved: frozenset[str], modules: Mapping[str, str]) -> None:
        self._used = dict.fromkeys(_TAKEN, "")
        for name in sorted(reserved):
            module = name.removeprefix("import ")
            self._used[module] = f"module {module}" if module != name else ""
        self._modules = modules
        self._from: dict[str, set[str]] = {}
        self._plain: set[str] = set()

    def refer(self, module: str, qualname: str) -> str:
        """Return how the source names something in a module, and import it."""
        module = self._modules.get(module, module)
        if module == "builtins":
            return qualname
        if module in _ALIASES:
            return f"{self.module(module)}.{qualname}"
        first = qualname.partition(".")[0]
        origin = f"{module}:{first}"
        if self._used.setdefault(first, origin) == origin:
            self._from.setdefault(module, set()).add(first)
            return qualname
        if not _is_reachable(module):
            return self._alias(module, first) + qualname.removeprefix(first)
        return f"{self.module(module)}.{qualname}"

    def _alias(self, module: str, name: str) -> str:
        """Import a name of a module under another."""
        alias = self._renamed(f"{module}:{name}", f"{module.rpartition('.')[0].rpartition('.')[2]}_{name}")
        self._from.setdefault(module, set()).add(f"{name} as {alias}")
        return alias

    def module(self, name: str) -> str:
        """Return how the source names a module, and import it."""
        name = self._modules.get(name, name)
        local = _ALIASES.get(name, name.partition(".")[0])
        if self._used.setdefault(local, f"module {local}") != f"module {local}":
            alias = self._renamed(f"module {name}", f"{local}_module")
            self._plain.add(f"import {name} as {alias}")
            return alias
        self._plain.add(f"import {name} as {local}" if name in _ALIASES else f"import {name}")
        return local if name in _ALIASES else name

    def _renamed(self, what: str, wanted: str) -> str:
        """Return the one name for what cannot have its own, because that stands for something else."""
        origin = f"{what} renamed"
        known = next((alias for alias, whose in self._used.items() if whose == origin), None)
        alias = known or self._free(wanted)
        self._used[alias] = origin
        return alias

    def variable(self, cls: type) -> str:
        """Return a free variable name for an instance of a class: `order`, `order_2`."""
        words = _CAMEL.sub("_", statics.short_name(cls)).lower().strip("_")
        name = self._free(_VARIABLES.get(words, words) if words.isidentifier() else "item")
        self._used[name] = "variable"
        return name

    def imports(self) -> tuple[str, ...]:
        """Return the import statements, plain ones first, sorted."""
        lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(self._from.items())]
        return (*sorted(self._plain), *lines)

    def _free(self, wanted: str) -> str:
        name, n = wanted, 1
        while name in self._used:
            n += 1
            name = f"{wanted}_{n}"
        return name


def _is_reachable(module: str) -> bool:
    """Say whether a module is what its dotted name gives: a package may hold something else by the same name."""
    found: Any = sys.modules.get(module.partition(".")[0])
    for word in module.split(".")[1:]:
        found = vars(found).get(word) if type(found) is ModuleType else None
    return module not in sys.modules or found is sys.modules[module]


_VARIABLES = {"list": "items", "dict": "mapping", "set": "elements", "ndarray": "array", "data_frame": "frame"}
"""What instances of built-in classes are called: their class's own name is taken."""
