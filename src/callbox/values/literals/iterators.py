"""Writing iterators over data, and views of dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.exact.iterators import OVER_DICTS, mapping_of, remaining
from callbox.values.literals.families import Writing, register
from callbox.values.literals.layout import Group, Node, Suffixed, call

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


def _write_over_list(writer: Writer, value: Any, link: Link) -> Node:
    return call("iter", [Group("[", writer.items(remaining(value) or [], link), "]")])


def _write_over_tuple(writer: Writer, value: Any, link: Link) -> Node:
    items = remaining(value) or []
    return call("iter", [Group("(", writer.items(items, link), ")", needs_comma=len(items) == 1)])


def _write_reversed(writer: Writer, value: Any, link: Link) -> Node:
    return call("reversed", [Group("[", writer.items((remaining(value) or [])[::-1], link), "]")])


def _write_over_range(writer: Writer, value: Any, link: Link) -> Node:
    _, (numbers,), *state = statics.find_attribute(type(value), "__reduce__")(value)
    return call("iter", [writer.write(numbers[state[0] or 0 :] if state else numbers, link)])


def _write_enumerate(writer: Writer, value: Any, link: Link) -> Node:
    _, (inner, n) = statics.find_attribute(enumerate, "__reduce__")(value)
    return call("enumerate", writer.items((inner, n) if n else (inner,), link))


def _write_zip(writer: Writer, value: Any, link: Link) -> Node:
    _, inner, *state = statics.find_attribute(zip, "__reduce__")(value)
    return call("zip", writer.items(inner, link), [("strict", "True")] if state and state[0] else [])


def _write_view(writer: Writer, value: Any, link: Link) -> Node:
    name = statics.short_name(type(value)).removeprefix("dict_")
    return Suffixed(writer.write(mapping_of(value), link), f".{name}()")


register(Writing(_write_over_list, has_identity=True), type(iter([])), *OVER_DICTS)
register(Writing(_write_over_tuple, has_identity=True), type(iter(())))
register(Writing(_write_reversed, has_identity=True), type(reversed([])))
register(Writing(_write_over_range, has_identity=True), type(iter(range(0))))
register(Writing(_write_enumerate, has_identity=True), enumerate)
register(Writing(_write_zip, has_identity=True), zip)
register(Writing(_write_view, has_identity=True), type({}.keys()), type({}.values()), type({}.items()))
