"""Call trees, events and call graphs as text: pure functions, from data to one string."""

from __future__ import annotations

from callbox.render.dot import format_dot
from callbox.render.flat import format_flat
from callbox.render.json_text import format_json
from callbox.render.tree import format_tree
from callbox.render.values import CallValues

__all__ = ["CallValues", "format_dot", "format_flat", "format_json", "format_tree"]
