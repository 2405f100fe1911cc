"""Parts of a call tree: the calls inside of chosen functions, those since a time, the newest."""

from __future__ import annotations

import dataclasses
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import CallTree

if TYPE_CHECKING:
    from numpy.typing import NDArray


def select_function(tree: CallTree, glob: str) -> CallTree:
    """Keep the calls of functions whose full name matches, and everything they called."""
    matching = [i for i, f in tree.functions.items() if fnmatchcase(f.full_name, glob) or fnmatchcase(f.name, glob)]
    inside = np.isin(tree.calls["code"], matching)
    ancestors = _with_root(tree.calls["parent"])
    inside = np.append(inside, False)
    while (ancestors[:-1] < len(tree.calls)).any():
        inside |= inside[ancestors]
        ancestors = ancestors[ancestors]
    return _keep(tree, inside[:-1])


def select_newest(tree: CallTree, n_calls: int) -> CallTree:
    """Keep the calls that began last, over all threads."""
    is_newest = np.zeros(len(tree.calls), np.bool_)
    is_newest[np.argsort(tree.calls["t_start_ns"], kind="stable")[-n_calls:]] = True
    return _keep(tree, is_newest)


def select_since(tree: CallTree, t_ns: int) -> CallTree:
    """Keep the calls that began at a time, in nanoseconds since the epoch, or later."""
    return _keep(tree, tree.calls["t_start_ns"] >= t_ns)


def select_newest_of_threads(tree: CallTree, n_calls: int) -> CallTree:
    """Keep the calls of each thread that began last, and those that they were called from."""
    is_kept = np.zeros(len(tree.calls), np.bool_)
    for thread in range(len(tree.threads)):
        rows = np.flatnonzero(tree.calls["thread"] == thread)
        is_kept[rows[np.argsort(tree.calls["t_start_ns"][rows], kind="stable")[-n_calls:]]] = True
    above = np.append(is_kept, False)
    ancestors = _with_root(tree.calls["parent"])
    n_kept = 0
    while (n_now := int(above[:-1].sum())) != n_kept:
        n_kept = n_now
        above[ancestors[above]] = True
    return _keep(tree, above[:-1])


def _keep(tree: CallTree, is_kept: NDArray[np.bool_]) -> CallTree:
    """Keep some rows; a call whose caller goes becomes the nearest kept caller's, or a root."""
    n = len(tree.calls)
    ancestors = _with_root(tree.calls["parent"])
    goes = np.append(~is_kept, False)
    while goes[ancestors].any():
        ancestors = np.where(goes[ancestors], ancestors[ancestors], ancestors)
    new_rows = np.append(np.cumsum(is_kept) - 1, -1)
    calls = tree.calls[is_kept]
    calls["parent"] = new_rows[ancestors[:n][is_kept]]
    calls["depth"] = _depths(_with_root(calls["parent"]))
    return dataclasses.replace(tree, calls=calls, alloc=None if tree.alloc is None else tree.alloc[is_kept])


def _with_root(parents: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return parents with one row more, the root above all roots, which is its own parent."""
    n = len(parents)
    above = np.append(parents.astype(np.int64), n)
    above[above < 0] = n
    return above


def _depths(ancestors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the callers of each row by pointer jumping: 16 rounds for a stack 50,000 deep."""
    n = len(ancestors) - 1
    depths = (ancestors < n).astype(np.int64)
    while (ancestors < n).any():
        depths += depths[ancestors]
        ancestors = ancestors[ancestors]
    return depths[:n]
