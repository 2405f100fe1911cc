"""A recording as statistics of the standard library's `pstats`, which snakeviz, gprof2dot and others read.

Source: `Lib/cProfile.py` and `Lib/pstats.py` of CPython: a marshalled dictionary.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from callbox.render.text import UNKNOWN, printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.model import CallTree, Function

_NS_PER_S = 1e9
Key = tuple[str, int, str]
Row = tuple[int, int, float, float]
"""Calls that did not recur, calls, self time and inclusive time in seconds. Of callers the first two change places."""


def write_pstats(file: BinaryIO, tree: CallTree) -> None:
    """Write what `pstats.Stats` loads: counts and times of each function, and of each caller's calls of it."""
    calls = tree.calls
    codes = calls["code"].astype(np.int64)
    parents = calls["parent"]
    inner = np.flatnonzero(parents >= 0)
    keys = {code: _key(tree.functions.get(code)) for code in np.unique(codes).tolist()}
    totals = dict.fromkeys(keys.values(), (0, 0, 0.0, 0.0))
    for code, row in _sums(calls, codes, calls["n_nested"] == 0):
        totals[keys[code]] = _add(totals[keys[code]], row)
    callers: dict[Key, dict[Key, Row]] = {key: {} for key in totals}
    width = int(codes.max(initial=0)) + 1
    callees, direct = codes[inner], codes[parents[inner]]
    # A function that calls itself has one activation below its outermost call by itself.
    is_outermost = calls["n_nested"][inner] == (callees == direct)
    for pair, (n_primitive, n_calls, self_s, inclusive_s) in _sums(
        calls[inner], direct * width + callees, is_outermost
    ):
        rows = callers[keys[pair % width]]
        caller = keys[pair // width]
        rows[caller] = _add(rows.get(caller, (0, 0, 0.0, 0.0)), (n_calls, n_primitive, self_s, inclusive_s))
    file.write(marshal.dumps({key: (*row, callers[key]) for key, row in totals.items()}))


def _key(function: Function | None) -> Key:
    """Name a function as cProfile does: a built-in has no file."""
    if function is None:
        return "~", 0, UNKNOWN
    if function.is_c:
        return "~", 0, f"<built-in {printable(function.full_name)}>"
    return printable(function.filename), function.line_number, printable(function.name)


def _sums(calls: NDArray[np.void], groups: NDArray[np.int64], outermost: NDArray[np.bool_]) -> list[tuple[int, Row]]:
    """Sum calls by group; inclusive times of those that are not outermost are part of others'."""
    names, at, counts = np.unique(groups, return_inverse=True, return_counts=True)
    columns: list[list[Any]] = [
        np.bincount(at[outermost], minlength=len(names)).tolist(),
        counts.tolist(),
        (_sum(at, calls["self_ns"], len(names)) / _NS_PER_S).tolist(),
        (_sum(at[outermost], calls["inclusive_ns"][outermost], len(names)) / _NS_PER_S).tolist(),
    ]
    return list(zip(names.tolist(), zip(*columns, strict=True), strict=True))


def _sum(at: NDArray[np.intp], amounts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Sum exactly: floats would lose nanoseconds."""
    sums = np.zeros(n, np.int64)
    np.add.at(sums, at, amounts)
    return sums


def _add(one: Row, other: Row) -> Row:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]
