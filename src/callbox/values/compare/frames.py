"""Comparing pandas frames, Arrow tables and SciPy's sparse arrays."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.values.compare.families import Family, register

if TYPE_CHECKING:
    from callbox.values.compare.rules import Rules
    from callbox.values.compare.walk import Comparer
    from callbox.values.paths import Link


# pandas


def _compare_frames(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if actual.shape != expected.shape:
        comparer.add("shape", link, str(actual.shape), str(expected.shape))
    comparer.push(actual.index, expected.index, (link, "attribute", "index"), rules)
    comparer.push(actual.columns, expected.columns, (link, "attribute", "columns"), rules)
    if not actual.columns.equals(expected.columns) or len(actual) != len(expected):
        return
    for position, label in enumerate(actual.columns):
        found, wanted = _column(actual.iloc[:, position]), _column(expected.iloc[:, position])
        comparer.push(found, wanted, (link, "key", label), rules)


def _column(values: Any) -> Any:
    return values.to_numpy() if isinstance(values.dtype, np.dtype) else values.array


def _compare_series(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    comparer.push(actual.name, expected.name, (link, "attribute", "name"), rules)
    comparer.push(actual.index, expected.index, (link, "attribute", "index"), rules)
    comparer.push(_column(actual), _column(expected), link, rules)


def _compare_indexes(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    comparer.push(list(actual.names), list(expected.names), (link, "attribute", "names"), rules)
    if actual.nlevels == 1:
        comparer.push(_column(actual), _column(expected), link, rules)
    else:
        comparer.push(list(actual), list(expected), link, rules)


def _compare_columns(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if actual.dtype != expected.dtype:
        comparer.add("dtype", link, str(actual.dtype), str(expected.dtype))
    elif len(actual) != len(expected):
        comparer.add("shape", link, str(actual.shape), str(expected.shape))
    else:
        comparer.push(actual.to_numpy(dtype=object), expected.to_numpy(dtype=object), link, rules)


def _compare_moments(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    comparer.push(actual.asm8, expected.asm8, link, rules)
    if hasattr(actual, "tzinfo"):
        comparer.push(actual.tzinfo, expected.tzinfo, (link, "attribute", "tzinfo"), rules)


def _compare_constants(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if actual is not expected or not rules.equal_nan:
        comparer.add_values(link, actual, expected)


def _compare_own_values(comparer: Comparer, actual: Any, expected: Any, link: Link, _rules: Rules) -> None:
    if actual != expected:
        comparer.add("value", link, str(actual), str(expected))


def _register_pandas(pd: Any) -> None:
    from callbox.values.exact import columns

    register(Family(_compare_frames, can_hold=True), pd.DataFrame)
    register(Family(_compare_series, can_hold=True), pd.Series)
    indexes = (pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex, pd.CategoricalIndex, pd.PeriodIndex, pd.IntervalIndex)
    register(Family(_compare_indexes, can_hold=True), *indexes, pd.RangeIndex, pd.MultiIndex)
    register(Family(_compare_columns, can_hold=True), *columns.ARRAY_TYPES)
    register(Family(_compare_moments), pd.Timestamp, pd.Timedelta)
    register(Family(_compare_own_values), pd.Period, pd.Interval)
    register(Family(_compare_constants), type(pd.NA), type(pd.NaT))


# Arrow


def _compare_tables(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if not actual.schema.equals(expected.schema):
        comparer.add("dtype", link, _one_line(actual.schema), _one_line(expected.schema))
    elif actual.num_rows != expected.num_rows:
        comparer.add("shape", link, str(actual.shape), str(expected.shape))
    else:
        for name, found, wanted in zip(actual.schema.names, actual.columns, expected.columns, strict=True):
            _compare_arrow(comparer, found, wanted, (link, "key", name), rules)


def _one_line(schema: Any) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema)


def _compare_arrow(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if actual.type != expected.type:
        comparer.add("dtype", link, str(actual.type), str(expected.type))
    elif not actual.equals(expected):
        comparer.push(actual.to_pylist(), expected.to_pylist(), link, rules)


def _register_arrow(pa: Any) -> None:
    from callbox.values.exact import arrow

    register(Family(_compare_tables), pa.Table, pa.RecordBatch)
    register(Family(_compare_arrow), pa.ChunkedArray, *arrow.ARRAY_TYPES)


# SciPy


def _compare_sparse(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if actual.shape != expected.shape:
        comparer.add("shape", link, str(actual.shape), str(expected.shape))
        return
    if actual.dtype != expected.dtype and rules.strict_dtypes:
        comparer.add("dtype", link, str(actual.dtype), str(expected.dtype))
        return
    found, wanted = _entries(actual), _entries(expected)
    for place in sorted(found.keys() | wanted.keys()):
        zero = np.zeros((), actual.dtype)[()]
        pair = found.get(place, zero), wanted.get(place, zero)
        comparer.push(*pair, (link, "index", ", ".join(map(str, place))), rules)


def _entries(value: Any) -> dict[tuple[int, ...], Any]:
    whole = value.tocoo(copy=True)
    whole.sum_duplicates()
    coords = whole.coords if hasattr(whole, "coords") else (whole.row, whole.col)
    return dict(zip(zip(*(axis.tolist() for axis in coords), strict=True), whole.data, strict=True))


def _register_scipy(_scipy: Any) -> None:
    from callbox.values.exact import sparse

    register(Family(_compare_sparse), *sparse.CLASSES.values())


_REGISTRARS = {"pandas": _register_pandas, "pyarrow": _register_arrow, "scipy": _register_scipy}


def register_loaded() -> None:
    """Make known the types of those libraries that the program has loaded."""
    for name, register_types in list(_REGISTRARS.items()):
        if name in sys.modules:
            register_types(sys.modules[name])
            del _REGISTRARS[name]
