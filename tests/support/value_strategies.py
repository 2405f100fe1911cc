"""Hypothesis strategies for values of every kind that the standard library has."""

from __future__ import annotations

import collections
import datetime as dt
import ipaddress
import pathlib
import re
import zoneinfo
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from tests.support import value_kinds as kinds

zones = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-3)), zoneinfo.ZoneInfo("Europe/Berlin")])
texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
big_ints = st.integers() | st.integers(min_value=-(1 << 200), max_value=1 << 200)

_atoms = st.one_of(
    *(st.none(), st.booleans(), big_ints, st.floats(), st.complex_numbers(), texts, st.binary(max_size=20)),
)
_scalars = st.one_of(
    *(st.decimals(), st.fractions(), st.uuids(), st.dates(), st.times(), st.datetimes(), st.timedeltas()),
    *(st.datetimes(timezones=zones), st.times(timezones=zones), zones),
    *(st.ip_addresses(), st.ip_addresses(v=4).map(ipaddress.ip_network), st.just(...), st.just(NotImplemented)),
    *(st.builds(range, st.integers(), st.integers()), st.builds(slice, st.none() | st.integers(), st.integers())),
    st.text("abc/.", max_size=8).map(pathlib.PurePosixPath),
    st.text("abc/.", max_size=8).map(pathlib.Path),
    st.builds(re.compile, st.sampled_from(["a+", "(?i)b", "ü"]), st.sampled_from([0, re.I, re.M | re.S, re.A])),
    st.sampled_from(
        [*kinds.Colour, *kinds.Level, *kinds.Access, kinds.Access.READ | kinds.Access.RUN, kinds.Access(0)]
    ),
    st.sampled_from([kinds.function, kinds.Outer.Inner, kinds.Outer.static, kinds.Plain, len, str.upper, int, re]),
    st.builds(kinds.MyInt, big_ints),
    st.builds(kinds.MyStr, texts),
)


def _is_hashable(value: Any) -> bool:
    """Say whether a scalar may be a key: slices may from 3.12 on, signalling NaNs never."""
    return not isinstance(value, slice) and not (isinstance(value, Decimal) and value.is_snan())


def _named(name: str, strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy that is written as its name: in full, Hypothesis would warn of its size."""

    def draw_it(draw: st.DrawFn) -> Any:
        return draw(strategy)

    draw_it.__name__ = name
    return st.composite(draw_it)()


atoms = _named("atoms", _atoms)
scalars = _named("scalars", _scalars)

_hashables = st.recursive(
    atoms | scalars.filter(_is_hashable),
    lambda inner: st.one_of(
        st.tuples(inner, inner),
        st.frozensets(inner, max_size=3),
        st.builds(kinds.FrozenPoint, inner, inner),
        st.builds(kinds.Pair, inner, inner),
    ),
    max_leaves=4,
)

hashables = _named("hashables", _hashables)


def _ordered(pairs: list[tuple[Any, Any]]) -> collections.OrderedDict[Any, Any]:
    return collections.OrderedDict(pairs)


def _slotted(left: Any, extra: Any) -> kinds.SlottedBelow:
    value = kinds.SlottedBelow()
    value.left, value.extra, value.other = left, extra, left
    return value


def _error(args: list[Any], cause: Any) -> Exception:
    error = ValueError(*args)
    error.__cause__ = KeyError(cause)
    error.add_note("a note")
    return error


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=4)
    keys = hashables
    dicts = st.dictionaries(keys, inner, max_size=4)
    sets = st.sets(keys, max_size=4)
    return st.one_of(
        *(lists, lists.map(tuple), dicts, sets, sets.map(frozenset), st.binary(max_size=9).map(bytearray)),
        *(lists.map(kinds.MyList), lists.map(kinds.MyTuple), dicts.map(kinds.MyDict), sets.map(kinds.MySet)),
        st.builds(collections.deque, lists, st.none() | st.integers(4, 9)),
        dicts.map(lambda value: _ordered(list(value.items()))),
        dicts.map(lambda value: collections.defaultdict(list, value)),
        st.dictionaries(texts, st.integers(), max_size=3).map(collections.Counter),
        st.lists(dicts, min_size=1, max_size=2).map(lambda maps: collections.ChainMap(*maps)),
        *(st.builds(cls, inner, inner) for cls in (kinds.Point, kinds.FrozenPoint, kinds.SlottedPoint, kinds.Pair)),
        *(
            st.builds(kinds.Account, inner, inner),
            st.builds(kinds.Plain, a=inner, b=inner),
            st.builds(_slotted, inner, inner),
        ),
        st.builds(_error, lists, inner),
        inner.map(lambda value: [value, value, (value, [value])]),
    )


_values = st.recursive(atoms | scalars, _containers, max_leaves=8)
values = _named("values", _values)
"""Trees and shared parts of every kind; no cycles."""


@st.composite
def cyclic_values(draw: st.DrawFn) -> Any:
    """Return values that lead back to themselves through a list, a dictionary, an object or a text's attributes."""
    part = draw(values)
    kind = draw(st.sampled_from(["list", "dict", "object", "text", "deep"]))
    if kind == "list":
        items = [part]
        items.append((items, part))
        return items
    if kind == "dict":
        mapping: dict[Any, Any] = {"part": part}
        mapping["self"] = [mapping]
        return mapping
    if kind == "object":
        node = kinds.Plain(part=part)
        node.peers = {node, kinds.Plain(back=node)}
        return node
    if kind == "text":
        text = kinds.MyStr("text")
        text.reader = kinds.Plain(source=text, part=part)  # type: ignore[attr-defined]
        return [text, text.reader]  # type: ignore[attr-defined]
    account = kinds.Account(part, {})
    account._balance["of"] = account
    return [account, kinds.Point(account, part)]
