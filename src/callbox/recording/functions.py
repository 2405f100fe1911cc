"""One table of functions for several processes, each of which has numbered its own."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import Function

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

UNKNOWN = Function(0, "<unknown>", "<unknown>", "", "", 0)
"""As the core calls a function that it has no id for."""


class FunctionTable:
    """Functions by id; the same function of two processes has one."""

    def __init__(self, functions: Iterable[Function] = ()) -> None:
        """Begin with functions that have their ids here."""
        self._by_id = {function.id: function for function in functions}
        self._ids = {_key(function): function.id for function in self._by_id.values()}
        self._next_id = 0
        self._added: list[Function] = []

    def map_ids(self, functions: Sequence[Function]) -> NDArray[np.uint32]:
        """Return the ids here by a process's ids; the last one stands for all that have no name."""
        unknown = self._take(UNKNOWN)
        ids = np.full(max((function.id for function in functions), default=0) + 2, unknown, np.uint32)
        for function in functions:
            ids[function.id] = self._take(function)
        return ids

    def functions(self) -> tuple[Function, ...]:
        """Return all, in order of id."""
        return tuple(self._by_id[number] for number in sorted(self._by_id))

    def pop_added(self) -> tuple[Function, ...]:
        """Return the functions that have been added since this was asked last."""
        added, self._added = tuple(self._added), []
        return added

    def _take(self, function: Function) -> int:
        key = _key(function)
        if key not in self._ids:
            # A process's own id, where it is free: what a fork shares keeps its numbers.
            number = self._find_free() if function.id in self._by_id else function.id
            self._ids[key] = number
            self._by_id[number] = dataclasses.replace(function, id=number)
            self._added.append(self._by_id[number])
        return self._ids[key]

    def _find_free(self) -> int:
        """Return the lowest free id: a damaged log may name the highest that slots have room for."""
        while self._next_id in self._by_id:
            self._next_id += 1
        return self._next_id


def _key(function: Function) -> tuple[str, str, str, str, int, bool]:
    return (
        function.module_name,
        function.qualified_name,
        function.name,
        function.filename,
        function.line_number,
        function.is_c,
    )
