"""pandas: frames column by column, so that every dtype, index and order is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from callbox.errors import FormatError
from callbox.values.exact import columns
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link


def _refuse_metadata(value: Any, link: Link) -> None:
    if value.attrs or not value.flags.allows_duplicate_labels:
        raise RefusedPartError(
            link, f"its {type(value).__name__} has attrs or flags, which pandas may change when it copies"
        )


def _pack_frame(encoder: Encoder, value: pd.DataFrame, link: Link) -> Row:
    _refuse_metadata(value, link)
    row = [encoder.put(value.columns, (link, "attribute", "columns"))]
    row.append(encoder.put(value.index, (link, "attribute", "index")))
    for position in range(value.shape[1]):
        column = columns.plain(value.iloc[:, position])
        row.append(encoder.put(column, (link, "attribute", f"iloc[:, {position}]")))
    return row


def _build_frame(decoder: Decoder, row: Row) -> Any:
    labels, index, *arrays = decoder.values(row)
    _check_lengths(index, arrays)
    series = {position: _series(array, index, None) for position, array in enumerate(arrays)}
    frame = pd.DataFrame(series, index=index)
    frame.columns = labels
    return frame


def _series(array: Any, index: pd.Index, name: Any) -> pd.Series:
    # a dtype of object must be named: pandas would make text of it
    return pd.Series(array, index=index, name=name, dtype=array.dtype, copy=False)


def _check_lengths(index: Any, arrays: Row) -> None:
    if not isinstance(index, pd.Index) or any(getattr(array, "shape", None) != (len(index),) for array in arrays):
        raise FormatError("encoded value has a pandas column whose length is not its index's")


def _pack_series(encoder: Encoder, value: pd.Series, link: Link) -> Row:
    _refuse_metadata(value, link)
    return [
        encoder.put(columns.plain(value), (link, "attribute", "array")),
        encoder.put(value.index, (link, "attribute", "index")),
        encoder.put(value.name, (link, "attribute", "name")),
    ]


def _build_series(decoder: Decoder, row: Row) -> Any:
    array, index, name = decoder.values(row)
    _check_lengths(index, [array])
    return _series(array, index, name)


def _pack_index(encoder: Encoder, value: pd.Index, link: Link) -> Row:
    freq = getattr(value, "freqstr", None) if isinstance(value, pd.DatetimeIndex | pd.TimedeltaIndex) else None
    array = encoder.put(columns.plain(value), (link, "attribute", "array"))
    return [array, encoder.put(value.name, (link, "attribute", "name")), freq]


def _build_index(decoder: Decoder, row: Row) -> Any:
    array, name, freq = decoder.values(row)
    index = pd.Index(array, name=name, dtype=array.dtype)
    if freq is not None:
        index.freq = freq
    return index


def _pack_range_index(encoder: Encoder, value: pd.RangeIndex, link: Link) -> Row:
    return [value.start, value.stop, value.step, encoder.put(value.name, (link, "attribute", "name"))]


def _build_range_index(decoder: Decoder, row: Row) -> Any:
    start, stop, step, name = decoder.values(row)
    return pd.RangeIndex(start, stop, step, name=name)


def _pack_multi_index(encoder: Encoder, value: pd.MultiIndex, link: Link) -> Row:
    row = [value.nlevels]
    for level, codes in zip(value.levels, value.codes, strict=True):
        row.append(encoder.put(level, (link, "attribute", "levels")))
        row.append(encoder.put(np.asarray(codes), (link, "attribute", "codes")))
    return row


def _build_multi_index(decoder: Decoder, row: Row) -> Any:
    n_levels, *parts = decoder.values(row)
    levels, codes = parts[::2], parts[1::2]
    if n_levels != len(levels) or any(type(code) is not np.ndarray for code in codes):
        raise FormatError("encoded value has a damaged MultiIndex")
    return pd.MultiIndex(levels, codes, names=[level.name for level in levels])


def _pack_timestamp(encoder: Encoder, value: pd.Timestamp, link: Link) -> Row:
    return [encoder.put(value.asm8, link), encoder.put(value.tzinfo, (link, "attribute", "tzinfo"))]


def _build_timestamp(decoder: Decoder, row: Row) -> Any:
    moment, zone = decoder.values(row)
    value = pd.Timestamp(moment)
    return value if zone is None else value.tz_localize("UTC").tz_convert(zone)


def _pack_timedelta(encoder: Encoder, value: pd.Timedelta, link: Link) -> Row:
    return [encoder.put(value.asm8, link)]


def _build_timedelta(decoder: Decoder, row: Row) -> Any:
    (delta,) = decoder.values(row)
    return pd.Timedelta(delta)


def _pack_constant(_encoder: Encoder, value: Any, _link: Link) -> Row:
    return ["NA" if value is pd.NA else "NaT"]


def _build_constant(_decoder: Decoder, row: Row) -> Any:
    (name,) = row
    return {"NA": pd.NA, "NaT": pd.NaT}[name]


_INDEXES = (pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex, pd.CategoricalIndex, pd.PeriodIndex, pd.IntervalIndex)

register(
    Eager(Tag.FRAME, (pd.DataFrame,), _pack_frame, _build_frame, is_shared_by_content=False),
    Eager(Tag.SERIES, (pd.Series,), _pack_series, _build_series, is_shared_by_content=False),
    Eager(Tag.INDEX, _INDEXES, _pack_index, _build_index, is_shared_by_content=False),
    Eager(Tag.RANGE_INDEX, (pd.RangeIndex,), _pack_range_index, _build_range_index),
    Eager(Tag.MULTI_INDEX, (pd.MultiIndex,), _pack_multi_index, _build_multi_index, is_shared_by_content=False),
    Eager(Tag.TIMESTAMP, (pd.Timestamp,), _pack_timestamp, _build_timestamp),
    Eager(Tag.PANDAS_TIMEDELTA, (pd.Timedelta,), _pack_timedelta, _build_timedelta),
    Eager(Tag.PANDAS_CONSTANT, (type(pd.NA), type(pd.NaT)), _pack_constant, _build_constant),
)
