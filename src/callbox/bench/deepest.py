"""The result of the deepest call that has one."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from types import CodeType
from typing import Any

from callbox.engine.observe import Observer, Witness, observe, unobserve
from callbox.model import EventKind


class Deepest:
    """What the deepest call returned that returned anything but None.

    Attributes:
        depth: how deep it was, 1 for calls of the code that watches; 0: there was none.
        name: the function's qualified name.
        value: what it returned; of several equally deep calls, the first.
    """

    def __init__(self, excluded: tuple[str, ...] = ()) -> None:
        self.depth = 0
        self.name = ""
        self.value: Any = None
        self._excluded = frozenset(excluded) | sys.stdlib_module_names | {"callbox"}
        self._local = threading.local()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch calls of code outside the standard library, callbox and the excluded packages."""
        observe(self._choose)
        try:
            yield
        finally:
            unobserve()

    def _choose(self, code: CodeType, namespace: dict[str, Any]) -> Observer | None:
        module = str(namespace.get("__name__", ""))
        if module.partition(".")[0] in self._excluded or code.co_name.startswith("<"):
            return None
        name = f"{module}.{code.co_qualname}"

        def begin(_arguments: tuple[Any, ...]) -> Witness:
            depth = self._local.depth = getattr(self._local, "depth", 0) + 1
            return lambda kind, value: self._end(kind, value, depth, name)

        return begin

    def _end(self, kind: int, value: Any, depth: int, name: str) -> None:
        if kind in (EventKind.RETURN, EventKind.UNWIND):
            self._local.depth = depth - 1
        if kind == EventKind.RETURN and value is not None and depth > self.depth:
            self.depth, self.name, self.value = depth, name, value
