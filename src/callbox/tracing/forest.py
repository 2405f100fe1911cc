"""Calls as an alignment sees them: who called whom, and which are of the same function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.model import CallTree, Function

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Forest:
    """Calls as an alignment sees them. Rows may be in any order in which callers stand before what they call.

    Attributes:
        parents: shape `(n,)`, row of each call's caller, -1 for a root.
        labels: shape `(n,)`, int64, 0 or more: equal for calls of the same function, in both forests.
        contents: shape `(n,)`, uint64: equal for calls with the same values; None if values do not matter. Of calls
            that could be paired with several, those with equal contents are.
        groups: shape `(n_groups,)`, int64: labels of the groups that roots are in, such as threads. Groups pair by
            label, whatever their order. None if the roots are one sequence.
        group_of: shape `(n,)`, for each call the place in `groups` of its group; None if `groups` is.
    """

    parents: NDArray[np.int32]
    labels: NDArray[np.int64]
    contents: NDArray[np.uint64] | None = None
    groups: NDArray[np.int64] | None = None
    group_of: NDArray[np.uint32] | None = None

    @property
    def n_groups(self) -> int:
        """How many groups there are; 1 if the roots are one sequence."""
        return 1 if self.groups is None else len(self.groups)

    def with_groups(self) -> Forest:
        """Return the forest with a root for each group, which come first and call what were the group's roots."""
        n = self.n_groups
        groups = np.zeros(1, np.int64) if self.groups is None else self.groups
        group_of = np.zeros(len(self.labels), np.int64) if self.group_of is None else self.group_of.astype(np.int64)
        parents = np.where(self.parents < 0, group_of, self.parents.astype(np.int64) + n)
        contents = None if self.contents is None else np.concatenate((np.zeros(n, np.uint64), self.contents))
        return Forest(
            np.concatenate((np.full(n, -1), parents)).astype(np.int32),
            np.concatenate((groups, self.labels)),
            contents,
        )


def share_labels(
    a: CallTree, b: CallTree, contents: tuple[NDArray[np.uint64], NDArray[np.uint64]] | None = None
) -> tuple[Forest, Forest]:
    """Return two call trees as forests with common labels.

    Functions are known by module, qualified name and kind: files and lines change without anything being another
    function. Threads are known by name, but for the numbers in it.

    Args:
        a: one recording's calls.
        b: another's.
        contents: what stands for the values of each; None if values do not matter.
    """
    labels: dict[Any, int] = {}
    first, second = (
        Forest(
            tree.calls["parent"],
            _function_labels(tree, labels)[tree.calls["code"]],
            None if contents is None else contents[side],
            np.array([labels.setdefault(_DIGITS.sub("#", t.name), len(labels)) for t in tree.threads], np.int64),
            tree.calls["thread"],
        )
        for side, tree in enumerate((a, b))
    )
    return first, second


def _function_labels(tree: CallTree, labels: dict[Any, int]) -> NDArray[np.int64]:
    """Return labels by function id; functions that a damaged recording has no name for share one."""
    codes = np.unique(tree.calls["code"]).tolist()
    by_code = np.zeros(codes[-1] + 1 if codes else 0, np.int64)
    for code in codes:
        by_code[code] = labels.setdefault(function_key(tree.functions.get(code)), len(labels))
    return by_code


def function_key(function: Function | None) -> tuple[str, str, bool] | None:
    """Return what a function is known by in any recording."""
    return None if function is None else (function.module_name, function.qualified_name, function.is_c)
