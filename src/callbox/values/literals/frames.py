"""Writing pandas frames, column by column."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from callbox.values.exact.columns import ARRAY_TYPES, plain
from callbox.values.literals.families import Writing, register
from callbox.values.literals.layout import Group, Labelled, Node, Suffixed, call, flat
from callbox.values.paths import quote
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


_PLAIN = frozenset({float, int, bool, str})


def _pd(writer: Writer, name: str) -> str:
    return f"{writer.names.module('pandas')}.{name}"


def _write_frame(writer: Writer, value: pd.DataFrame, link: Link) -> Node:
    labels = value.columns
    if not labels.is_unique or labels.nlevels > 1 or labels.name is not None or value.attrs:
        raise RefusedPartError(link, "it is a DataFrame with repeated, named or nested column labels, or with attrs")
    if labels.dtype != pd.DataFrame(dict.fromkeys(labels, ()), index=[]).columns.dtype:
        raise RefusedPartError(link, f"its column labels have dtype {labels.dtype}")
    pairs = []
    for position, label in enumerate(labels):
        place: Link = (link, "key", label)
        pairs.append(Labelled(writer.write(label, place), ": ", _write_column(writer, value.iloc[:, position], place)))
    columns = [Group("{", tuple(pairs), "}")] if pairs else []
    index = _index_keyword(writer, value.index, link, is_implied=bool(pairs) or not len(value.index))
    return call(_pd(writer, "DataFrame"), columns, index)


def _write_column(writer: Writer, values: Any, link: Link) -> Node:
    """Return the source of a column or index: a list where pandas makes just this dtype of it."""
    items = values.tolist()
    if len({type(item) for item in items}) == 1 and type(items[0]) in _PLAIN:
        natural = pd.Index(items) if isinstance(values, pd.Index) else pd.Series(items)
        if natural.dtype == values.dtype:
            return Group("[", writer.items(items, link), "]")
    return writer.write(plain(values), link)


def _index_keyword(writer: Writer, index: pd.Index, link: Link, *, is_implied: bool = True) -> list[tuple[str, Node]]:
    """Return the index's keyword: none where pandas counts the rows alike, by the columns that are given."""
    if is_implied and type(index) is pd.RangeIndex and (index.start, index.step, index.name) == (0, 1, None):
        return []
    return [("index", writer.write(index, (link, "attribute", "index")))]


def _write_series(writer: Writer, value: pd.Series, link: Link) -> Node:
    if value.attrs:
        raise RefusedPartError(link, "it is a Series with attrs")
    keywords = _index_keyword(writer, value.index, link)
    if value.name is not None:
        keywords.append(("name", writer.write(value.name, (link, "attribute", "name"))))
    array = _write_column(writer, value, link)
    if value.dtype == np.dtype(object):
        keywords.append(("dtype", "object"))
    return call(_pd(writer, "Series"), [array], keywords)


def _write_index(writer: Writer, value: pd.Index, link: Link) -> Node:
    freq = getattr(value, "freqstr", None) if isinstance(value, pd.DatetimeIndex | pd.TimedeltaIndex) else None
    keywords: list[tuple[str, Node]] = []
    if value.dtype == np.dtype(object):
        keywords.append(("dtype", "object"))
    if freq is not None:
        keywords.append(("freq", quote(freq)))
    if value.name is not None:
        keywords.append(("name", writer.write(value.name, (link, "attribute", "name"))))
    name = type(value).__name__ if freq is not None else "Index"
    return call(_pd(writer, name), [_write_column(writer, value, link)], keywords)


def _write_range_index(writer: Writer, value: pd.RangeIndex, link: Link) -> Node:
    keywords = [] if value.name is None else [("name", writer.write(value.name, (link, "attribute", "name")))]
    parts = (value.start, value.stop, value.step)
    shown = parts if value.step != 1 else parts[:2] if value.start else parts[1:2]
    return call(_pd(writer, "RangeIndex"), writer.items(shown, link), keywords)


def _write_multi_index(writer: Writer, value: pd.MultiIndex, link: Link) -> Node:
    levels = Group("[", writer.items(value.levels, (link, "attribute", "levels")), "]")
    codes = Group("[", tuple(writer.write(codes.tolist(), link) for codes in value.codes), "]")
    names = writer.write(list(value.names), (link, "attribute", "names"))
    return call(_pd(writer, "MultiIndex"), [levels, codes], [("names", names)])


def _write_array(writer: Writer, value: Any, link: Link) -> Node:
    dtype = value.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = writer.write(value.codes.tolist(), (link, "attribute", "codes"))
        categories = writer.write(value.categories, (link, "attribute", "categories"))
        kind = call(_pd(writer, "CategoricalDtype"), [categories], [("ordered", repr(bool(value.ordered)))])
        return call(_pd(writer, "Categorical.from_codes"), [codes], [("dtype", kind)])
    if isinstance(dtype, pd.DatetimeTZDtype):
        moments = writer.write(value.asi8.view(f"M8[{dtype.unit}]"), link)
        zone = writer.write(dtype.tz, (link, "attribute", "tz"))
        made = call(_pd(writer, "DatetimeIndex"), [moments])
        return Suffixed(Suffixed(made, '.tz_localize("UTC")'), f".tz_convert({flat(zone)}).array")
    if not isinstance(dtype, pd.StringDtype) and str(dtype).rstrip("0123456789") not in (
        "Int",
        "UInt",
        "Float",
        "boolean",
    ):
        raise RefusedPartError(link, f"callbox does not write the pandas dtype {dtype}")
    items = [None if item is pd.NA or item is dtype.na_value else item for item in value]
    return call(_pd(writer, "array"), [writer.write(items, link)], [("dtype", _dtype(writer, dtype))])


def _dtype(writer: Writer, dtype: Any) -> Node:
    if not isinstance(dtype, pd.StringDtype):
        return quote(str(dtype))
    missing = _pd(writer, "NA") if dtype.na_value is pd.NA else f"{writer.names.module('numpy')}.nan"
    return call(_pd(writer, "StringDtype"), [quote(dtype.storage)], [("na_value", missing)])


def _write_timestamp(writer: Writer, value: pd.Timestamp, link: Link) -> Node:
    made = call(_pd(writer, "Timestamp"), [writer.write(value.asm8, link)])
    if value.tzinfo is None:
        return made
    zone = writer.write(value.tzinfo, (link, "attribute", "tzinfo"))
    return Suffixed(made, f'.tz_localize("UTC").tz_convert({flat(zone)})')


def _write_timedelta(writer: Writer, value: pd.Timedelta, link: Link) -> Node:
    return call(_pd(writer, "Timedelta"), [writer.write(value.asm8, link)])


def _write_constant(writer: Writer, value: Any, _link: Link) -> Node:
    return _pd(writer, "NA" if value is pd.NA else "NaT")


@functools.cache
def register_loaded() -> None:
    """Make pandas' types known."""
    register(Writing(_write_frame, has_identity=True), pd.DataFrame)
    register(Writing(_write_series, has_identity=True), pd.Series)
    register(Writing(_write_index, has_identity=True), pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex)
    register(Writing(_write_index, has_identity=True), pd.CategoricalIndex, pd.PeriodIndex, pd.IntervalIndex)
    register(Writing(_write_range_index), pd.RangeIndex)
    register(Writing(_write_multi_index, has_identity=True), pd.MultiIndex)
    register(Writing(_write_array, has_identity=True), *ARRAY_TYPES)
    register(Writing(_write_timestamp), pd.Timestamp)
    register(Writing(_write_timedelta), pd.Timedelta)
    register(Writing(_write_constant), type(pd.NA), type(pd.NaT))
