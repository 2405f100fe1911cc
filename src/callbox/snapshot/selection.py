"""Which calls of a recording stand in a snapshot, and whose calls they then are."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from callbox.engine.globs import is_own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from callbox.model import CallTree, Function

_OF_SOME_PYTHONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "__annotate__"})
"""Comprehensions are calls before 3.12 (PEP 709), annotations from 3.14 on (PEP 649)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which functions to show.

    Attributes:
        include: globs on names; none selects all.
        exclude: globs on names; what the calls of these called becomes their callers'.
        is_own_code_only: leave out the standard library and what is installed.
        max_depth: levels to show; None for all.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    is_own_code_only: bool = False
    max_depth: int | None = None

    def takes(self, function: Function) -> bool:
        """Say whether the calls of a function are shown."""
        if function.name in _OF_SOME_PYTHONS or is_own(function.module_name):
            return False
        if self.is_own_code_only and not _is_own_code(function.filename):
            return False
        if self.include and not _is_named(self.include, function):
            return False
        return not _is_named(self.exclude, function)


@dataclass(frozen=True, slots=True)
class SelectedCalls:
    """The calls to show, in an order in which callers stand before what they call.

    Attributes:
        rows: their rows in the tree.
        parents: the position of each one's caller in `rows`; -1 for a root.
    """

    rows: NDArray[np.int64]
    parents: NDArray[np.int64]

    @property
    def n_levels(self) -> int:
        """How deep they nest; 1 where nothing is called."""
        return int(_depths(self.parents).max(initial=-1)) + 1


def select_calls(tree: CallTree, selection: Selection) -> SelectedCalls:
    """Choose calls; one whose caller is left out becomes a call of the nearest caller that is shown."""
    n = len(tree.calls)
    taken = np.zeros(max(tree.functions, default=0) + 1, np.bool_)
    taken[[number for number, function in tree.functions.items() if selection.takes(function)]] = True
    is_kept = taken[tree.calls["code"]] if n else np.zeros(0, np.bool_)
    # One row more stands for the root above all roots, which is its own parent.
    ancestors = np.append(tree.calls["parent"].astype(np.int64), n)
    ancestors[ancestors < 0] = n
    goes = np.append(~is_kept, False)
    while goes[ancestors].any():
        ancestors = np.where(goes[ancestors], ancestors[ancestors], ancestors)
    rows = np.flatnonzero(is_kept)
    positions = np.append(np.cumsum(is_kept) - 1, -1)
    parents = positions[ancestors[:n][rows]]
    if selection.max_depth is None:
        return SelectedCalls(rows, parents)
    depths = _depths(parents)
    shown = depths < selection.max_depth
    renumbered = np.append(np.cumsum(shown) - 1, -1)
    return SelectedCalls(rows[shown], renumbered[parents[shown]])


def _depths(parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the callers of each call by pointer jumping."""
    n = len(parents)
    ancestors = np.append(np.where(parents < 0, n, parents), n)
    depths = (ancestors < n).astype(np.int64)
    while (ancestors < n).any():
        depths += depths[ancestors]
        ancestors = ancestors[ancestors]
    return depths[:n]


def _is_named(globs: Sequence[str], function: Function) -> bool:
    names = (function.full_name, function.qualified_name)
    return any(fnmatchcase(name, glob) for name in names for glob in globs)


@cache
def _is_own_code(filename: str) -> bool:
    """Say whether a file is neither of the standard library nor installed, nor made up by either."""
    if filename.startswith("<"):
        return False
    return not any(part in _INSTALLED_FOLDERS for part in Path(filename).parts) and not any(
        filename.startswith(folder) for folder in _library_folders()
    )


@cache
def _library_folders() -> tuple[str, ...]:
    return tuple({str(Path(sysconfig.get_path(name))) + "/" for name in ("stdlib", "platstdlib")})


_INSTALLED_FOLDERS = frozenset({"site-packages", "dist-packages"})
