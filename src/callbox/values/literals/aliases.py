"""Writing what annotations are made of: `list[int]`, `Callable[[int], str]`, `int | None`, `Literal["a"]`."""

from __future__ import annotations

import collections.abc
import types
import typing
from typing import TYPE_CHECKING, Any

from callbox.values.exact.aliases import TYPING_ALIASES, args_of
from callbox.values.literals.families import Writing, register
from callbox.values.literals.layout import Group, Node, flat

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


def _write_alias(writer: Writer, value: Any, link: Link) -> Node:
    origin = writer.write(value.__origin__, (link, "attribute", "__origin__"))
    return _subscribed(origin, value, _arguments(writer, value, link))


def _write_union(writer: Writer, value: Any, link: Link) -> Node:
    return " | ".join(map(flat, _arguments(writer, value, link, none=type(None))))


def _write_typing_alias(writer: Writer, value: Any, link: Link) -> Node:
    """Write an alias of `typing`, whose origin may be a class of another module: `List[int]` is not `list[int]`."""
    if hasattr(value, "__metadata__"):
        parts = writer.items((value.__origin__, *value.__metadata__), link)
        return Group(f"{writer.names.refer('typing', 'Annotated')}[", parts, "]")
    parts = _arguments(writer, value, link, none=type(None))
    if value._name == "Optional" and parts[1:] == ("None",):
        return Group(f"{writer.names.refer('typing', 'Optional')}[", parts[:1], "]")
    is_typing = getattr(typing, value._name or "", None) is not None and value.__origin__.__module__ != "typing"
    name: Node = (
        writer.names.refer("typing", value._name)
        if is_typing
        else writer.write(value.__origin__, (link, "attribute", "__origin__"))
    )
    return _subscribed(name, value, parts)


def _subscribed(origin: Node, value: Any, parts: tuple[Node, ...]) -> Node:
    if value.__origin__ is collections.abc.Callable and parts[0] != "...":
        parts = (Group("[", parts[:-1], "]"), parts[-1])
    return Group(f"{flat(origin)}[", parts or ("()",), "]")


def _arguments(writer: Writer, value: Any, link: Link, *, none: Any = None) -> tuple[Node, ...]:
    """Return the sources of arguments; None is written for what `none` is, as people do."""
    args = value.__args__ if type(value) in TYPING_ALIASES else args_of(value)
    short = {id(Ellipsis): "...", id(none): "None"}
    place: Link = (link, "attribute", "__args__")
    return tuple(short.get(id(arg)) or writer.write(arg, (place, "index", n)) for n, arg in enumerate(args))


register(Writing(_write_alias), types.GenericAlias, type(collections.abc.Callable[[], None]))
register(Writing(_write_union), types.UnionType)
register(Writing(_write_typing_alias), *TYPING_ALIASES)
