"""Structural comparison: every difference between two values, with its place and its size."""

from __future__ import annotations

from callbox.values.compare import containers, leaves
from callbox.values.compare.report import Comparison, Difference
from callbox.values.compare.rules import Rules
from callbox.values.compare.walk import compare

__all__ = ["FAMILIES", "Comparison", "Difference", "Rules", "compare"]

FAMILIES = (containers, leaves)
"""The modules that register how values of the standard library are compared; others load when they are met."""
