"""The array behind a pandas column or index: a NumPy array, or one of pandas' own kinds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from callbox.errors import FormatError
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_MASKED = {
    "Int": pd.arrays.IntegerArray,
    "UInt": pd.arrays.IntegerArray,
    "Float": pd.arrays.FloatingArray,
    "boolean": pd.arrays.BooleanArray,
}


def plain(values: Any) -> Any:
    """Return the array of a Series or Index: NumPy's where it is one, else pandas' own."""
    return values.to_numpy() if isinstance(values.dtype, np.dtype) else values.array


def _pack(encoder: Encoder, value: Any, link: Link) -> Row:
    name = type(value.dtype).__name__
    if _masked_class(str(value.dtype)) is not None:
        name = "masked"
    if name not in _COLUMNS:
        raise RefusedPartError(link, f"callbox does not know its pandas dtype {value.dtype}")
    pack, _ = _COLUMNS[name]
    return [name, *pack(encoder, value, link)]


def _build(decoder: Decoder, row: Row) -> Any:
    name, *parts = row
    if name not in _COLUMNS:
        raise FormatError(f"encoded value has a pandas column of kind {name!r}")
    _, build = _COLUMNS[name]
    return build(decoder, decoder.values(parts))


def _masked_class(dtype: str) -> Any:
    return _MASKED.get(dtype.rstrip("0123456789"))


def _pack_categorical(encoder: Encoder, value: Any, link: Link) -> Row:
    codes = encoder.put(value.codes, (link, "attribute", "codes"))
    return [codes, encoder.put(value.categories, (link, "attribute", "categories")), bool(value.ordered)]


def _build_categorical(_decoder: Decoder, row: Row) -> Any:
    codes, categories, is_ordered = row
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(categories, is_ordered))


def _pack_masked(encoder: Encoder, value: Any, link: Link) -> Row:
    mask = value.isna()
    data = value.to_numpy(dtype=value.dtype.numpy_dtype, na_value=0)
    return [str(value.dtype), encoder.put(np.asarray(data), link), encoder.put(np.asarray(mask), link)]


def _build_masked(_decoder: Decoder, row: Row) -> Any:
    dtype, data, mask = row
    return _masked_class(dtype)(data, mask)


def _pack_zoned(encoder: Encoder, value: Any, link: Link) -> Row:
    return [value.dtype.unit, encoder.put(value.dtype.tz, link), encoder.put(np.asarray(value.asi8), link)]


def _build_zoned(_decoder: Decoder, row: Row) -> Any:
    unit, zone, data = row
    return pd.DatetimeIndex(data.view(f"M8[{unit}]")).tz_localize("UTC").tz_convert(zone).array


def _pack_text(encoder: Encoder, value: Any, link: Link) -> Row:
    items = value.to_numpy(dtype=object, na_value=None).tolist()
    return [value.dtype.storage, value.dtype.na_value is pd.NA, *encoder.items(items, link)]


def _build_text(_decoder: Decoder, row: Row) -> Any:
    storage, is_na, *items = row
    dtype = pd.StringDtype(storage, na_value=pd.NA if is_na else np.nan)
    return pd.array(np.fromiter(items, object, len(items)), dtype=dtype)


def _pack_period(encoder: Encoder, value: Any, link: Link) -> Row:
    return [value.dtype.name.removeprefix("period[").removesuffix("]"), encoder.put(np.asarray(value.asi8), link)]


def _build_period(_decoder: Decoder, row: Row) -> Any:
    freq, ordinals = row
    return pd.arrays.PeriodArray(ordinals, dtype=pd.PeriodDtype(freq))


def _pack_interval(encoder: Encoder, value: Any, link: Link) -> Row:
    left = encoder.put(pd.Index(value.left), (link, "attribute", "left"))
    return [value.closed, left, encoder.put(pd.Index(value.right), (link, "attribute", "right"))]


def _build_interval(_decoder: Decoder, row: Row) -> Any:
    closed, left, right = row
    return pd.arrays.IntervalArray.from_arrays(left, right, closed)


def _pack_arrow(_encoder: Encoder, value: Any, _link: Link) -> Row:
    from callbox.values.exact.arrow import write_column

    return [write_column(value.__arrow_array__())]


def _build_arrow(_decoder: Decoder, row: Row) -> Any:
    from callbox.values.exact.arrow import read_column

    (data,) = row
    return pd.arrays.ArrowExtensionArray(read_column(data))


_Pack = Callable[["Encoder", Any, "Link"], Row]
_Build = Callable[["Decoder", Row], Any]
_COLUMNS: dict[str, tuple[_Pack, _Build]] = {
    "masked": (_pack_masked, _build_masked),
    "CategoricalDtype": (_pack_categorical, _build_categorical),
    "DatetimeTZDtype": (_pack_zoned, _build_zoned),
    "StringDtype": (_pack_text, _build_text),
    "PeriodDtype": (_pack_period, _build_period),
    "IntervalDtype": (_pack_interval, _build_interval),
    "ArrowDtype": (_pack_arrow, _build_arrow),
}


def _array_types() -> tuple[type, ...]:
    """Return the classes of pandas' own arrays; one at home in NumPy is put as that."""
    found = [cls for cls in vars(pd.arrays).values() if isinstance(cls, type)]
    found.append(pd.Categorical)
    for storage in ("python", "pyarrow"):
        for missing in (pd.NA, np.nan):
            with contextlib.suppress(ImportError):
                found.append(type(pd.array([], dtype=pd.StringDtype(storage, na_value=missing))))
    return tuple(cls for cls in found if cls is not pd.arrays.NumpyExtensionArray)


ARRAY_TYPES = _array_types()

register(Eager(Tag.COLUMN, ARRAY_TYPES, _pack, _build, is_shared_by_content=False))
