"""Statements that set what no constructor sets, past any code of the class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from callbox.values import statics
from callbox.values.literals.layout import Group, Labelled, Node, call, is_name
from callbox.values.paths import quote

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer


def set_attributes(writer: Writer, cls: type, attributes: Mapping[str, Node], variable: str) -> None:
    """Add statements that give an instance its slots and its dictionary."""
    slots = {name for name, _ in statics.layout_of(cls).slots}
    rest = []
    for name, node in attributes.items():
        if name in slots:
            writer.add_statement(call("object.__setattr__", [variable, quote(name), node]))
        else:
            rest.append((name, node))
    if all(is_name(name) for name, _ in rest):
        parts, keywords = [], rest
    else:
        parts, keywords = [Group("{", tuple(Labelled(quote(name), ": ", node) for name, node in rest), "}")], []
    if rest:
        writer.add_statement(call(f"vars({variable}).update", parts, keywords))
