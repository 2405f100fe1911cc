"""What decoding may import and who may be pickled: nothing that was not named."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from callbox.errors import ConfigError, FormatError
from callbox.values import statics

_PICKLE = "pickle:"


@dataclass(frozen=True, slots=True)
class Allow:
    """An allow-list, read once.

    Attributes:
        modules: globs of modules that may be imported, and whose classes may be hashed by code of their own.
        pickled: globs of classes whose instances may be pickled and unpickled.
    """

    modules: tuple[str, ...] = ()
    pickled: tuple[str, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Allow:
        """Read entries such as `myapp.models`, `myapp.*` and `pickle:myapp.Money`."""
        if isinstance(entries, str):
            raise ConfigError(f"allow={entries!r} is one text: pass a list of module globs")
        entries = tuple(entries)
        return cls(
            tuple(entry for entry in entries if not entry.startswith(_PICKLE)),
            tuple(entry.removeprefix(_PICKLE) for entry in entries if entry.startswith(_PICKLE)),
        )

    def names_module(self, module: str) -> bool:
        """Say whether a module is named; `pkg.*` names `pkg` as well."""
        return any(fnmatchcase(module, glob) or glob == f"{module}.*" for glob in self.modules)

    def allows_pickle(self, module: str, qualname: str) -> bool:
        """Say whether instances of a class may be pickled."""
        return any(fnmatchcase(f"{module}.{qualname}", glob) for glob in self.pickled)

    def find(self, module: str, qualname: str) -> Any:
        """Return what a name stands for: in a loaded module, or in one that is named here and so imported.

        Raises:
            FormatError: the module is neither loaded nor named, fails to import, or lacks the name.
        """
        if module not in sys.modules:
            if not self.names_module(module):
                raise FormatError(
                    f"encoded value needs {module}.{qualname}, and module {module!r} is not loaded: "
                    f"import it first, or name it in allow=[{module!r}]"
                )
            try:
                importlib.import_module(module)
            except Exception as error:
                raise FormatError(f"encoded value needs module {module!r}, which fails to import: {error}") from error
        try:
            return statics.find_loaded(module, qualname)
        except LookupError as error:
            raise FormatError(f"encoded value needs {module}.{qualname}: {error}") from None
