"""A value as Python source that a reviewer would write."""

from __future__ import annotations

from callbox.values.literals import aliases, containers, iterators, library, streams
from callbox.values.literals.model import Literal, Style
from callbox.values.literals.write import literal, literals

__all__ = ["FAMILIES", "Literal", "Style", "literal", "literals"]

FAMILIES = (aliases, containers, iterators, library, streams)
"""The modules that register how values of the standard library are written; others load when they are met."""
