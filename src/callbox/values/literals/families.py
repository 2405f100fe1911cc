"""How each kind of value is written."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.literals.layout import Node

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


@dataclass(frozen=True, slots=True)
class Built:
    """The source of an object that may need statements.

    Attributes:
        call: the constructor's call; None where there is none that could be called.
        rest: adds the statements that set, on the name it is given, what the call does not; None for none.
        whole: adds those that set everything on a shell.
    """

    call: Node | None
    rest: Callable[[str], None] | None
    whole: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Writing:
    """How values of some types are written.

    Attributes:
        write: returns the source of a value.
        has_identity: whether it matters that two places hold the same one.
        shell: returns the source of the value without its contents, where it may contain itself.
        fill: given the shell's name and what `write` returned, adds the statement that fills it;
            None where `write` returns a `Built`.
    """

    write: Callable[[Writer, Any, Link], Node | Built]
    has_identity: bool = False
    shell: Callable[[Writer, Any, Link], Node] | None = None
    fill: Callable[[Writer, str, Node], None] | None = None


_writings: dict[int, Writing] = {}
"""By identity of the exact type."""
_LIBRARIES = {"numpy": "arrays", "pandas": "frames", "pyarrow": "tables", "scipy": "tables"}


def register(writing: Writing, *types: type) -> None:
    """Make known how values of exact types are written."""
    _writings.update((id(cls), writing) for cls in types)


def find_writing(cls: type) -> Writing | None:
    """Return how values of exactly this type are written; None for other classes."""
    writing = _writings.get(id(cls))
    if writing is None:
        for root in statics.root_modules(cls):
            if root in _LIBRARIES and root in sys.modules:
                importlib.import_module(f"callbox.values.literals.{_LIBRARIES[root]}").register_loaded()
        writing = _writings.get(id(cls))
    return writing
