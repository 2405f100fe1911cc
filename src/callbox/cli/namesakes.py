"""Modules that callbox loaded before the program, and modules of the program with the same names.

A script's folder may hold a `json.py`. Python would import that one, had callbox
not loaded the standard library's before: it makes way when the program begins.
When the program has ended, everything that callbox needs is put back for as long
as it needs it, whatever the program did to the import system.
"""

# pathlib would be one more module in the process of the program.
# ruff: noqa: PTH120

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Iterator
from importlib.machinery import PathFinder
from types import ModuleType

from callbox.folders import working_folder

_KEPT = frozenset({"callbox", "threading"})
"""Never make way: the engines ask `threading` for its hooks."""


class Namesakes:
    """The state of the import system right before the program, when callbox has loaded what it needs."""

    def __init__(self, loaded_before: Collection[str]) -> None:
        """Take stock.

        Args:
            loaded_before: names of the modules that the interpreter had loaded before callbox came.
        """
        self._modules = dict(sys.modules)
        self._loaded_for_callbox = sys.modules.keys() - set(loaded_before)
        self._path = list(sys.path)
        self._meta_path = list(sys.meta_path)
        self._path_hooks = list(sys.path_hooks)

    def make_way(self) -> None:
        """Forget the modules that the program has its own of, in folders that were put on the import path since."""
        tops = {name.partition(".")[0] for name in self._loaded_for_callbox} - _KEPT
        taken = {top for top in tops if _provides(self._new_folders(), top)}
        for name in self._loaded_for_callbox:
            if name.partition(".")[0] in taken:
                del sys.modules[name]

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        """Import as before the program, for as long as the context lasts."""
        theirs = dict(sys.modules)
        import_system = sys.path, sys.meta_path, sys.path_hooks
        for name in self._names_of_the_program():
            del sys.modules[name]
        sys.modules.update(self._modules)
        sys.path, sys.meta_path, sys.path_hooks = self._path, self._meta_path, self._path_hooks
        try:
            yield
        finally:
            sys.path, sys.meta_path, sys.path_hooks = import_system
            sys.modules.update(theirs)

    def _new_folders(self) -> list[str]:
        return [folder for folder in sys.path if folder not in self._path]

    def _names_of_the_program(self) -> list[str]:
        """Name the modules that lie in folders of the program's own, and all their submodules."""
        here = working_folder()
        folders = {os.path.normpath(here / folder) for folder in self._new_folders()}
        tops = {name for name, module in sys.modules.items() if "." not in name and _folder(module) in folders}
        return [name for name in sys.modules if name.partition(".")[0] in tops - _KEPT]


def _folder(module: ModuleType) -> str | None:
    """Return the folder on the import path that a module or package lies in."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return None
    return os.path.dirname(os.path.dirname(file) if hasattr(module, "__path__") else file)


def _provides(folders: list[str], name: str) -> bool:
    """Say whether folders hold a module; a mere folder of that name gives way to a module anywhere else."""
    spec = PathFinder.find_spec(name, folders)
    return spec is not None and spec.loader is not None
