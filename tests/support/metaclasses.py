"""Classes that look after themselves: to hash or to compare them, or to ask where they are from, is an error."""

from __future__ import annotations

from typing import Any


class _Jealous(type):
    def __hash__(cls) -> int:
        raise AssertionError("it was hashed")

    def __eq__(cls, other: object) -> bool:
        raise AssertionError("it was compared")

    @property
    def __module__(cls) -> Any:
        raise AssertionError("its module was asked of it")


class Guarded(metaclass=_Jealous):
    """An object of such a class."""
