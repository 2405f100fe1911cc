"""Comparing pandas frames, Arrow tables and sparse arrays."""

from __future__ import annotations

import numpy as np
import pytest

from callbox.values.compare import Rules, compare


def differences(actual, expected, **rules) -> list[str]:
    return str(compare(actual, expected, rules=Rules(**rules))).splitlines()


def test_frames_differ_by_column_and_row() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})

    assert compare(frame, frame.copy()).is_equal
    assert differences(frame, frame.assign(a=[1, 5])) == ['result["a"][1]: 2 != 5 (off by 3)']
    assert differences(frame, frame.rename(columns={"b": "c"}))[0].startswith("result.columns[1]: 'b' != 'c'")
    assert differences(frame, frame.astype({"a": float})) == ['result["a"]: dtype int64 != float64']
    assert differences(frame, frame.iloc[:1])[0] == "result: shape (2, 2) != (1, 2)"
    assert compare(frame, frame.assign(a=[1, 2.1]), rules=Rules(strict_dtypes=False, atol=0.2)).is_equal


def test_series_and_indexes_are_compared() -> None:
    pd = pytest.importorskip("pandas")
    series = pd.Series(pd.array([1, None], "Int64"), name="s")
    index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])

    assert compare(series, series.copy()).is_equal
    assert differences(series, series.rename("t"))[0].startswith("result.name")
    assert not compare(series, series.fillna(2)).is_equal
    assert differences(index, index.set_names(["x", None]))[0].startswith("result.names[0]")
    assert compare(pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2020", tz="UTC")).is_equal
    assert not compare(pd.Timestamp("2020"), pd.Timestamp("2021")).is_equal
    assert compare([pd.NA, pd.NaT], [pd.NA, pd.NaT]).is_equal


def test_arrow_tables_differ_by_column_and_row() -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"a": [1, 2]})

    assert compare(table, pa.table({"a": [1, 2]})).is_equal
    assert differences(table, pa.table({"a": [1, 3]})) == ['result["a"][1]: 2 != 3 (off by 1)']
    assert differences(table, pa.table({"a": [1.0, 2.0]})) == ["result: dtype a: int64 != a: double"]
    assert differences(table, pa.table({"a": [1]})) == ["result: shape (2, 1) != (1, 1)"]


def test_sparse_arrays_differ_by_entry() -> None:
    sp = pytest.importorskip("scipy.sparse")
    value = sp.csr_array(np.array([[1.0, 0.0], [0.0, 2.0]]))

    assert compare(value, value.copy()).is_equal
    assert differences(value, sp.csr_array(np.array([[1.0, 3.0], [0.0, 2.0]]))) == [
        "result[0, 1]: 0.0 != 3.0 (off by 3, relative 1)"
    ]
    assert differences(value, value.astype("f4")) == ["result: dtype float64 != float32"]
    assert differences(value, sp.csr_array((3, 3))) == ["result: shape (2, 2) != (3, 3)"]
