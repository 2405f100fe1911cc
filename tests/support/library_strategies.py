"""Hypothesis strategies for values of NumPy, pandas, Arrow, SciPy, attrs and pydantic; importing it needs them all."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.support import library_kinds as kinds
from tests.support.value_strategies import atoms, values

_dtypes = st.one_of(
    *(hnp.scalar_dtypes(), hnp.array_dtypes(hnp.scalar_dtypes(), max_size=3)),
    hnp.nested_dtypes(hnp.scalar_dtypes(), max_leaves=3),
)
_shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
_plain_arrays = _dtypes.flatmap(lambda dtype: hnp.arrays(dtype, _shapes))
_object_arrays = hnp.arrays(np.dtype(object), _shapes, elements=values)
arrays = st.one_of(
    *(_plain_arrays, _plain_arrays.map(np.asfortranarray), _object_arrays),
    _plain_arrays.filter(lambda array: array.ndim > 0).map(lambda array: array[::-1]),
)
numpy_scalars = hnp.scalar_dtypes().flatmap(lambda dtype: hnp.arrays(dtype, (1,))).map(lambda array: array[0])

_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_missing = st.none()
_columns = st.sampled_from(
    [
        *((st.integers(-9, 9), "int64"), (st.floats(), "float64"), (st.booleans(), "bool")),
        *((_missing | st.integers(-9, 9), "Int64"), (_missing | st.booleans(), "boolean")),
        *((_missing | _words, "string"), (_missing | _words, "category"), (_missing | atoms, "object")),
        (st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)), "datetime64[ns]"),
    ]
)


@st.composite
def series(draw: st.DrawFn, size: int | None = None) -> pd.Series:
    """Return a series of one of pandas' kinds."""
    elements, dtype = draw(_columns)
    size = draw(st.integers(0, 3)) if size is None else size
    return pd.Series([draw(elements) for _ in range(size)], dtype=dtype, name=draw(_missing | _words))


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Return a frame with columns of several kinds and an index of one of them."""
    size = draw(st.integers(0, 3))
    names = draw(st.lists(_words, max_size=3, unique=True))
    index = pd.Index(draw(st.lists(_words | st.integers(0, 9), min_size=size, max_size=size)), dtype=object)
    return pd.DataFrame({name: draw(series(size=size)).array for name in names}, index=index)


@st.composite
def arrow_values(draw: st.DrawFn) -> Any:
    """Return an Arrow array, or a table of it."""
    items = draw(st.sampled_from([st.integers(-9, 9), st.floats(), _words, st.binary(max_size=3), st.lists(_words)]))
    array = pa.array(draw(st.lists(_missing | items, max_size=4)))
    return draw(st.sampled_from([array, pa.table({"a": array}), pa.chunked_array([array, array])]))


@st.composite
def sparse_arrays(draw: st.DrawFn) -> Any:
    """Return a sparse array of any of SciPy's formats."""
    dense = draw(hnp.arrays(draw(st.sampled_from(["f8", "i4", "c16"])), st.tuples(*[st.integers(1, 3)] * 2)))
    return getattr(sp, draw(st.sampled_from(["csr", "csc", "coo", "bsr", "dia", "dok", "lil"])) + "_array")(dense)


models = st.one_of(
    *(st.builds(kinds.Defined, st.integers(), values), st.builds(kinds.Hashed, _words)),
    st.builds(kinds.Model, x=st.integers(), y=st.lists(atoms, max_size=3)),
    st.builds(kinds.FrozenModel, x=st.integers(), more=atoms),
)

library_values = st.one_of(arrays, numpy_scalars, series(), frames(), arrow_values(), sparse_arrays(), models)
shared_library_values = library_values.map(lambda value: {"first": value, "again": [value]})
