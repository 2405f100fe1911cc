"""Names in written source: imports that clash with nothing, and variables."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Mapping

from callbox.values import statics

_ALIASES = {"numpy": "np", "pandas": "pd", "pyarrow": "pa"}
_TAKEN = frozenset(dir(builtins)) | frozenset(keyword.kwlist)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Names:
    """The names that one piece of source uses.

    Args:
        reserved: names that mean something else in the surrounding code.
        modules: names to import modules by instead of their own.
    """

    def __init__(self, reserved: frozenset[str], modules: Mapping[str, str]) -> None:
        self._used = dict.fromkeys(_TAKEN | reserved, "")
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
        return f"{self.module(module)}.{qualname}"

    def module(self, name: str) -> str:
        """Return how the source names a module, and import it."""
        name = self._modules.get(name, name)
        local = _ALIASES.get(name, name.partition(".")[0])
        if self._used.setdefault(local, f"module {local}") != f"module {local}":
            local = self._free(f"{local}_module")
            self._used[local] = f"module {local}"
            self._plain.add(f"import {name} as {local}")
            return local
        self._plain.add(f"import {name} as {local}" if name in _ALIASES else f"import {name}")
        return local if name in _ALIASES else name

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


_VARIABLES = {"list": "items", "dict": "mapping", "set": "elements", "ndarray": "array", "data_frame": "frame"}
"""What instances of built-in classes are called: their class's own name is taken."""
