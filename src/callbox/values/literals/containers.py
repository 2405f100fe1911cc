"""Writing lists, tuples, dictionaries, sets and the containers of `collections`."""

from __future__ import annotations

import collections
import json
import types
from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.exact.containers import ordered_items
from callbox.values.exact.order import sort_key
from callbox.values.literals.families import Writing, register
from callbox.values.literals.layout import Group, Labelled, Node, call, flat

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link

_JSON_ATOMS = frozenset({type(None), bool, int, float})
_MAX_JSON_DEPTH = 50
_MAX_JSON_INT = 10**18


# Sequences


def _write_list(writer: Writer, value: list[Any], link: Link) -> Node:
    return _write_json(writer, value) or Group("[", writer.items(value, link), "]")


def write_tuple(writer: Writer, value: tuple[Any, ...], link: Link) -> Node:
    """Return the source of a tuple."""
    return Group("(", writer.items(value, link), ")", needs_comma=len(value) == 1)


def _write_deque(writer: Writer, value: collections.deque[Any], link: Link) -> Node:
    items = Group("[", writer.items(value, link), "]")
    return call(writer.names.refer("collections", "deque"), [items] if value else [], _maxlen(value))


def _maxlen(value: collections.deque[Any]) -> list[tuple[str, Node]]:
    return [] if value.maxlen is None else [("maxlen", repr(value.maxlen))]


def _shell_list(_writer: Writer, _value: Any, _link: Link) -> Node:
    return "[]"


def _shell_deque(writer: Writer, value: Any, _link: Link) -> Node:
    return call(writer.names.refer("collections", "deque"), (), _maxlen(value))


def _fill_list(writer: Writer, name: str, node: Node) -> None:
    writer.add_statement(call(f"{name}.extend", [node]))


# Dictionaries


def write_dict(writer: Writer, value: dict[Any, Any], link: Link) -> Node:
    """Return the source of a dictionary, or of how to read it from a side file."""
    return _write_json(writer, value) or write_pairs(writer, list(dict.items(value)), link)


def write_pairs(writer: Writer, pairs: list[tuple[Any, Any]], link: Link) -> Group:
    """Return the source of a dictionary's pairs."""
    nodes = []
    for key, item in pairs:
        label = writer.write(key, (link, "key of", key))
        nodes.append(Labelled(label, ": ", writer.write(item, (link, "key", key))))
    return Group("{", tuple(nodes), "}")


def _write_ordered_dict(writer: Writer, value: Any, link: Link) -> Node:
    pairs = write_pairs(writer, list(ordered_items(value)), link)
    return call(writer.names.refer("collections", "OrderedDict"), [pairs] if value else [])


def _write_counter(writer: Writer, value: Any, link: Link) -> Node:
    return call(writer.names.refer("collections", "Counter"), [write_dict(writer, value, link)] if value else [])


def _write_default_dict(writer: Writer, value: Any, link: Link) -> Node:
    factory = writer.write(value.default_factory, (link, "attribute", "default_factory"))
    parts = [factory, write_pairs(writer, list(dict.items(value)), link)]
    return call(writer.names.refer("collections", "defaultdict"), parts if value else parts[:1])


def _write_chain_map(writer: Writer, value: Any, link: Link) -> Node:
    return call(writer.names.refer("collections", "ChainMap"), writer.items(value.maps, (link, "attribute", "maps")))


def _write_proxy(writer: Writer, value: types.MappingProxyType[Any, Any], link: Link) -> Node:
    return call(writer.names.refer("types", "MappingProxyType"), [write_pairs(writer, list(value.items()), link)])


def _shell_dict(_writer: Writer, _value: Any, _link: Link) -> Node:
    return "{}"


def _shell_ordered_dict(writer: Writer, _value: Any, _link: Link) -> Node:
    return call(writer.names.refer("collections", "OrderedDict"))


def _shell_counter(writer: Writer, _value: Any, _link: Link) -> Node:
    return call(writer.names.refer("collections", "Counter"))


def _shell_default_dict(writer: Writer, value: Any, link: Link) -> Node:
    factory = writer.write(value.default_factory, (link, "attribute", "default_factory"))
    return call(writer.names.refer("collections", "defaultdict"), [factory])


def fill_dict(writer: Writer, name: str, node: Node) -> None:
    """Add the statement that fills an empty dictionary or set."""
    writer.add_statement(call(f"{name}.update", [node]))


# Sets


def write_elements(writer: Writer, value: Any, link: Link) -> Group:
    """Return the source of a set's elements, in an order that their content gives."""
    elements = sorted(value, key=_order)
    return Group("{", tuple(writer.write(item, (link, "element", item)) for item in elements), "}")


def _order(value: Any) -> tuple[str, Any]:
    """Return what orders elements as people would: numbers and texts among themselves."""
    if type(value) is int or (type(value) is float and value == value):  # noqa: PLR0124
        return "", value
    return ("text", value) if type(value) is str else (statics.short_name(type(value)), sort_key(value))


def _write_set(writer: Writer, value: set[Any], link: Link) -> Node:
    return write_elements(writer, value, link) if value else "set()"


def _write_frozenset(writer: Writer, value: frozenset[Any], link: Link) -> Node:
    return call("frozenset", [write_elements(writer, value, link)] if value else [])


def _shell_set(_writer: Writer, _value: Any, _link: Link) -> Node:
    return "set()"


# Side files of plain nested data


def _write_json(writer: Writer, value: Any) -> Node | None:
    """Move plain nested data whose source would be long into a JSON file; None where it is short or not plain."""
    limit = writer.style.max_inline_chars
    if limit is None or writer.is_draft or not _is_json(value, writer.shared - {id(value)}, 0):
        return None
    data = json.dumps(value, indent=1).encode()
    if len(data) <= limit:
        return None
    path = writer.side_file("json", data)
    return call(f"{writer.names.module('json')}.loads", [f"({flat(path)}).read_bytes()"])


def _is_json(value: Any, met: set[int], depth: int) -> bool:
    """Say whether JSON keeps a value exactly: text keys, no tuples, nothing in two places."""
    cls = type(value)
    if cls is str:
        return value.isascii() or _is_encodable(value)
    if cls in _JSON_ATOMS:
        return cls is not int or abs(value) < _MAX_JSON_INT
    if depth > _MAX_JSON_DEPTH or id(value) in met or cls not in (list, dict):
        return False
    met.add(id(value))
    if cls is list:
        return all(_is_json(item, met, depth + 1) for item in value)
    return all(type(key) is str and _is_json(key, met, 0) for key in value) and all(
        _is_json(item, met, depth + 1) for item in value.values()
    )


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


register(Writing(_write_list, True, _shell_list, _fill_list), list)
register(Writing(write_tuple), tuple)
register(Writing(_write_deque, True, _shell_deque, _fill_list), collections.deque)
register(Writing(write_dict, True, _shell_dict, fill_dict), dict)
register(Writing(_write_ordered_dict, True, _shell_ordered_dict, fill_dict), collections.OrderedDict)
register(Writing(_write_counter, True, _shell_counter, fill_dict), collections.Counter)
register(Writing(_write_default_dict, True, _shell_default_dict, fill_dict), collections.defaultdict)
register(Writing(_write_chain_map, True), collections.ChainMap)
register(Writing(_write_proxy, True), types.MappingProxyType)
register(Writing(_write_set, True, _shell_set, fill_dict), set)
register(Writing(_write_frozenset), frozenset)
