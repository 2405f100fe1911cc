"""Iterators over data and views of dictionaries: what they would still give, taken without moving them.

`__reduce__` of the exact types here is C that copies nothing but a position. An iterator of
any other type would have to be asked, and so be changed.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from callbox.errors import FormatError
from callbox.values import statics
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_MAKERS: tuple[Callable[[list[Any]], Any], ...] = (
    iter,
    lambda items: iter(tuple(items)),
    lambda items: list.__reversed__(items[::-1]),
)
_REVERSED: type = type(reversed([]))
OVER_DICTS: tuple[type, ...] = (type(iter({})), type(iter({}.values())), type(iter({}.items())))
_NUMBERS = {type(iter([])): 0, type(iter(())): 1, _REVERSED: 2, **dict.fromkeys(OVER_DICTS, 0)}
"""Of what makes an iterator of each type, or one that gives the same: a dictionary would hash what is not whole yet."""
_RANGE = type(iter(range(0)))
_VIEWS: dict[type, Callable[[dict[Any, Any]], Iterable[Any]]] = {
    type({}.keys()): dict.keys,
    type({}.values()): dict.values,
    type({}.items()): dict.items,
}
_VIEW_TYPES = tuple(_VIEWS)
_READABLE = frozenset({*_NUMBERS, _RANGE, enumerate, zip})


def _reduced(value: Any) -> tuple[Any, ...]:
    """Return what an iterator would be pickled as."""
    parts: tuple[Any, ...] = statics.find_attribute(type(value), "__reduce__")(value)
    return parts


def remaining(value: Any) -> list[Any] | None:
    """Return what an iterator or a view would still give, and leave it where it is; None where that cannot be read."""
    cls = type(value)
    if cls in _VIEWS:
        return list(value)
    if cls not in _READABLE:
        return None
    try:
        _, args, *state = _reduced(value)
    except RuntimeError:  # the dictionary has grown or shrunk since
        return None
    if cls is zip:
        parts = [inner for inner in map(remaining, args) if inner is not None]
        return list(zip(*parts, strict=False)) if len(parts) == len(args) else None
    if cls is enumerate:
        inner = remaining(args[0])
        return None if inner is None else list(enumerate(inner, args[1]))
    (items,) = args
    index = state[0] if state and state[0] is not None else 0
    if cls is _REVERSED:
        return list(items[index::-1]) if state else []
    return list(items[index:])


def mapping_of(view: Any) -> Any:
    """Return what a view looks at; its own attribute is a proxy, which would ask that."""
    (mapping,) = gc.get_referents(view)
    return mapping


def _pack_iterator(encoder: Encoder, value: Any, link: Link) -> Row:
    items = remaining(value)
    if items is None:
        raise RefusedPartError(link, "it goes over a dict that was changed, and gives no more")
    return [_NUMBERS[type(value)], *encoder.items(items, link)]


def _build_iterator(decoder: Decoder, row: Row) -> Any:
    index, *items = decoder.values(row)
    return decoder.nested(_MAKERS[index](items), *items)


def _pack_range_iterator(encoder: Encoder, value: Any, link: Link) -> Row:
    _, (whole,), *state = _reduced(value)
    rest = whole[state[0] :] if state and state[0] is not None else whole
    return encoder.items((rest.start, rest.stop, rest.step), link)


def _build_range_iterator(_decoder: Decoder, row: Row) -> Any:
    start, stop, step = row
    return iter(range(start, stop, step))


def _pack_enumerate(encoder: Encoder, value: Any, link: Link) -> Row:
    _, (inner, n) = _reduced(value)
    return [*_inner_iterators(encoder, [inner], link), encoder.put(n, link)]


def _build_enumerate(decoder: Decoder, row: Row) -> Any:
    inner, n = decoder.values(row)
    return decoder.nested(enumerate(_checked(inner), n), inner)


def _pack_zip(encoder: Encoder, value: Any, link: Link) -> Row:
    _, inner, *state = _reduced(value)
    return [bool(state and state[0]), *_inner_iterators(encoder, inner, link)]


def _build_zip(decoder: Decoder, row: Row) -> Any:
    is_strict, *inner = decoder.values(row)
    return decoder.nested(zip(*map(_checked, inner), strict=is_strict is True), *inner)


def _inner_iterators(encoder: Encoder, iterators: Iterable[Any], link: Link) -> Row:
    row = []
    for index, inner in enumerate(iterators):
        if type(inner) not in _READABLE:
            name = statics.type_name(type(inner))
            raise RefusedPartError(link, f"it goes over a {name}, which cannot be read without moving it")
        row.append(encoder.put(inner, (link, "index", index)))
    return row


def _checked(inner: Any) -> Any:
    """Return an iterator that `enumerate` or `zip` may be given: asking it for itself runs no code of others."""
    if type(inner) not in _READABLE:
        raise FormatError(f"encoded value goes over a {type(inner).__name__}, which is no iterator over data")
    return inner


def _pack_view(encoder: Encoder, value: Any, link: Link) -> Row:
    mapping = mapping_of(value)
    if type(mapping) is not dict:
        raise RefusedPartError(link, f"it is a view of a {statics.type_name(type(mapping))}, which is no plain dict")
    return [_VIEW_TYPES.index(type(value)), encoder.put(mapping, link)]


def _build_view(decoder: Decoder, row: Row) -> Any:
    index, mapping = decoder.values(row)
    if type(mapping) is not dict:
        raise FormatError("encoded value has a view of something that is no dict")
    return decoder.nested(_VIEWS[_VIEW_TYPES[index]](mapping), mapping)


register(
    Eager(Tag.ITERATOR, tuple(_NUMBERS), _pack_iterator, _build_iterator, is_shared_by_content=False),
    Eager(Tag.RANGE_ITERATOR, (_RANGE,), _pack_range_iterator, _build_range_iterator, is_shared_by_content=False),
    Eager(Tag.ENUMERATE, (enumerate,), _pack_enumerate, _build_enumerate, is_shared_by_content=False),
    Eager(Tag.ZIP, (zip,), _pack_zip, _build_zip, is_shared_by_content=False),
    Eager(Tag.VIEW, _VIEW_TYPES, _pack_view, _build_view, is_shared_by_content=False),
)
