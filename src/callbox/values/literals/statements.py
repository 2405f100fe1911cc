"""Statements that set what no constructor sets, past any code of the class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from callbox.values import statics
from callbox.values.literals.layout import Group, Labelled, Node, call
from callbox.values.paths import quote

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer


def set_attributes(writer: Writer, cls: type, attributes: Mapping[str, Node], variable: str) -> None:
    """Add statements that give an instance its slots and its dictionary."""
    slots = {name for name, _ in statics.layout_of(cls).slots}
    for name in attributes.keys() & slots:
        writer.add_statement(call("object.__setattr__", [variable, quote(name), attributes[name]]))
    rest = {name: node for name, node in attributes.items() if name not in slots}
    if not rest:
        return
    if all(name.isidentifier() for name in rest):
        writer.add_statement(call(f"vars({variable}).update", (), rest.items()))
    else:
        pairs = Group("{", tuple(Labelled(quote(name), ": ", node) for name, node in rest.items()), "}")
        writer.add_statement(call(f"vars({variable}).update", [pairs]))
