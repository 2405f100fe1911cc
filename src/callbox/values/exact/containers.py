"""Lists, tuples, dictionaries, sets and the containers of `collections`."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from callbox.errors import FormatError
from callbox.values.exact.kinds import Deferred, Eager, Row, register
from callbox.values.exact.wire import FillTag, Tag

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link


def _fill_state(encoder: Encoder, value: Any, shell: int, link: Link) -> None:
    """Write what an instance of a subclass keeps besides the items of its base."""
    if type(encoder.shells[shell]) is list:
        encoder.put_state(value, shell, link)


def _fill_list(encoder: Encoder, value: list[Any], shell: int, link: Link) -> None:
    encoder.fill(shell, FillTag.ITEMS, encoder.items(list(list.__iter__(value)), link))
    _fill_state(encoder, value, shell, link)


def _fill_deque(encoder: Encoder, value: Any, shell: int, link: Link) -> None:
    encoder.fill(shell, FillTag.ITEMS, encoder.items(list(collections.deque.__iter__(value)), link))
    _fill_state(encoder, value, shell, link)


def _fill_set(encoder: Encoder, value: set[Any], shell: int, link: Link) -> None:
    encoder.fill(shell, FillTag.ITEMS, encoder.elements(list(set.__iter__(value)), link))
    _fill_state(encoder, value, shell, link)


def fill_dict(encoder: Encoder, value: dict[Any, Any], shell: int, link: Link) -> None:
    """Write a dictionary's pairs, in their order."""
    encoder.fill(shell, FillTag.ITEMS, encoder.pairs(dict.items(value), link))
    _fill_state(encoder, value, shell, link)


def _fill_ordered_dict(encoder: Encoder, value: Any, shell: int, link: Link) -> None:
    encoder.fill(shell, FillTag.ITEMS, encoder.pairs(ordered_items(value), link))
    _fill_state(encoder, value, shell, link)


def ordered_items(value: collections.OrderedDict[Any, Any]) -> Iterable[tuple[Any, Any]]:
    """Return an OrderedDict's pairs in its own order; looking the keys up would run their `__hash__`."""
    found = {id(key): item for key, item in dict.items(value)}
    return [(key, found[id(key)]) for key in list(collections.OrderedDict.__iter__(value))]


def _fill_default_dict(encoder: Encoder, value: Any, shell: int, link: Link) -> None:
    factory = collections.defaultdict.__dict__["default_factory"].__get__(value)
    if factory is not None:
        row = encoder.attributes([("default_factory", factory)], link)
        encoder.fill(shell, FillTag.FIELDS, row)
    fill_dict(encoder, value, shell, link)


def _open_deque(value: Any) -> Row:
    return [collections.deque.__dict__["maxlen"].__get__(value)]


def _create_list(_decoder: Decoder, cls: type | None, _row: Row) -> Any:
    return [] if cls is None else list.__new__(cls)


def _create_dict(_decoder: Decoder, cls: type | None, _row: Row) -> Any:
    return {} if cls is None else dict.__new__(cls)


def _create_set(_decoder: Decoder, cls: type | None, _row: Row) -> Any:
    return set() if cls is None else set.__new__(cls)


def _create_deque(_decoder: Decoder, cls: type | None, row: Row) -> Any:
    (maxlen,) = row
    value: Any = collections.deque.__new__(cls or collections.deque)
    collections.deque.__init__(value, (), maxlen)
    return value


def _create_ordered_dict(_decoder: Decoder, cls: type | None, _row: Row) -> Any:
    return collections.OrderedDict.__new__(cls or collections.OrderedDict)


def _create_default_dict(_decoder: Decoder, cls: type | None, _row: Row) -> Any:
    return collections.defaultdict.__new__(cls or collections.defaultdict)


def _write_default_factory(value: Any, fields: dict[str, Any]) -> None:
    for name, field in fields.items():
        collections.defaultdict.__dict__[name].__set__(value, field)


def _restore_list(decoder: Decoder, value: list[Any], row: Row) -> None:
    list.extend(value, decoder.values(row))


def _restore_deque(decoder: Decoder, value: Any, row: Row) -> None:
    collections.deque.extend(value, decoder.values(row))


def _restore_set(decoder: Decoder, value: set[Any], row: Row) -> None:
    set.update(value, decoder.hashable(row))
    if set.__len__(value) != len(row):
        raise FormatError("encoded value has a set with the same element twice")


def _restore_dict(decoder: Decoder, value: dict[Any, Any], row: Row) -> None:
    dict.update(value, zip(decoder.hashable(row[::2]), decoder.values(row[1::2]), strict=True))
    check_size(value, row)


def _restore_ordered_dict(decoder: Decoder, value: Any, row: Row) -> None:
    for key, item in zip(decoder.hashable(row[::2]), decoder.values(row[1::2]), strict=True):
        collections.OrderedDict.__setitem__(value, key, item)
    check_size(value, row)


def check_size(value: dict[Any, Any], row: Row) -> None:
    """Check that no key came twice."""
    if dict.__len__(value) * 2 != len(row):
        raise FormatError("encoded value has a dictionary with the same key twice")


def _pack_tuple(encoder: Encoder, value: tuple[Any, ...], link: Link) -> Row:
    return encoder.items(value, link)


def _build_tuple(decoder: Decoder, row: Row) -> Any:
    return tuple(decoder.values(row))


def _pack_frozenset(encoder: Encoder, value: frozenset[Any], link: Link) -> Row:
    return encoder.elements(list(value), link)


def _build_frozenset(decoder: Decoder, row: Row) -> Any:
    value = frozenset(decoder.hashable(row))
    if len(value) != len(row):
        raise FormatError("encoded value has a set with the same element twice")
    return value


LIST = Deferred(Tag.LIST, (list,), None, _fill_list, _create_list, _restore_list)
DICT = Deferred(Tag.DICT, (dict,), None, fill_dict, _create_dict, _restore_dict)
SET = Deferred(Tag.SET, (set,), None, _fill_set, _create_set, _restore_set)
DEQUE = Deferred(Tag.DEQUE, (collections.deque,), _open_deque, _fill_deque, _create_deque, _restore_deque)
ORDERED_DICT = Deferred(
    Tag.ORDERED_DICT,
    (collections.OrderedDict,),
    None,
    _fill_ordered_dict,
    _create_ordered_dict,
    _restore_ordered_dict,
)
DEFAULT_DICT = Deferred(
    Tag.DEFAULT_DICT,
    (collections.defaultdict,),
    None,
    _fill_default_dict,
    _create_default_dict,
    _restore_dict,
    _write_default_factory,
)
TUPLE = Eager(Tag.TUPLE, (tuple,), _pack_tuple, _build_tuple)
FROZENSET = Eager(Tag.FROZENSET, (frozenset,), _pack_frozenset, _build_frozenset)

register(LIST, DICT, SET, DEQUE, ORDERED_DICT, DEFAULT_DICT, TUPLE, FROZENSET)
