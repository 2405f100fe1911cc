"""Writing generic types with their arguments: `list[int]`, `Callable[[int], str]`, `Tree[int]`."""

from __future__ import annotations

import collections.abc
import types
import typing
from typing import TYPE_CHECKING, Any

from callbox.values.literals.families import Writing, register
from callbox.values.literals.layout import Group, Node, flat

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link

_TYPING_ALIAS = type(typing.List[int])  # noqa: UP006


def _write_alias(writer: Writer, value: Any, link: Link) -> Node:
    origin = writer.write(value.__origin__, (link, "attribute", "__origin__"))
    parts = writer.items(value.__args__, (link, "attribute", "__args__"))
    if value.__origin__ is collections.abc.Callable and value.__args__[0] is not Ellipsis:
        parts = (Group("[", parts[:-1], "]"), parts[-1])
    return Group(f"{flat(origin)}[", parts, "]")


def _write_typing_alias(writer: Writer, value: Any, link: Link) -> Node:
    """Write an alias of `typing`, whose origin may be a class of another module: `List[int]` is not `list[int]`."""
    parts = writer.items(value.__args__, (link, "attribute", "__args__"))
    is_typing = getattr(typing, value._name or "", None) is not None and value.__origin__.__module__ != "typing"
    name: Node = (
        writer.names.refer("typing", value._name)
        if is_typing
        else writer.write(value.__origin__, (link, "attribute", "__origin__"))
    )
    return Group(f"{flat(name)}[", parts, "]")


register(Writing(_write_alias), types.GenericAlias, type(collections.abc.Callable[[], None]))
register(Writing(_write_typing_alias), _TYPING_ALIAS)
