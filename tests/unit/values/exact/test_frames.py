"""pandas frames, series, indexes and their columns."""

from __future__ import annotations

import numpy as np
import pytest

from callbox.errors import FormatError
from callbox.values.exact import decode, encode
from callbox.values.refusal import RefusalError

pd = pytest.importorskip("pandas")


def columns() -> dict:
    return {
        "int": np.array([1, 2], "i2"),
        "mixed": pd.Series(["text", 3], dtype=object),
        "object text": pd.Series(["a", "b"], dtype=object),
        "masked": pd.array([1, None], "Int64"),
        "flag": pd.array([True, None], "boolean"),
        "text": pd.array(["a", None], pd.StringDtype("python")),
        "category": pd.Categorical(["a", None], ["b", "a"], ordered=True),
        "zoned": pd.date_range("2020", periods=2, tz="Europe/Berlin"),
        "moment": pd.to_datetime(["2020", None]),
        "span": pd.to_timedelta([1, 2], "s"),
        "period": pd.period_range("2020-01", periods=2, freq="M"),
        "interval": pd.interval_range(0, 2),
    }


@pytest.mark.parametrize("name", columns())
def test_column_of_any_kind_round_trips(name) -> None:
    frame = pd.DataFrame({name: columns()[name]}, index=pd.Index([7, 7], name="id"))

    pd.testing.assert_frame_equal(decode(encode(frame)), frame, check_freq=True)


@pytest.mark.parametrize(
    "frame",
    [
        *(pd.DataFrame(), pd.DataFrame(index=[1, 2]), pd.DataFrame([[1, 2]], columns=["same", "same"])),
        *(pd.DataFrame({("a", 1): [1.0], ("a", 2): [2]}), pd.DataFrame({1: [1], "x": [None], None: [2]})),
        pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None])),
        pd.DataFrame({"v": [1, 2]}, index=pd.date_range("2020", periods=2, freq="D", name="day")),
    ],
)
def test_frame_keeps_index_and_labels(frame) -> None:
    pd.testing.assert_frame_equal(decode(encode(frame)), frame, check_freq=True)


def test_series_keeps_name_and_index() -> None:
    series = pd.Series([1.5, None], index=["a", "b"], name=("deep", 1))

    pd.testing.assert_series_equal(decode(encode(series)), series)


def test_frame_with_attributes_is_refused() -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["unit"] = "m"

    with pytest.raises(RefusalError, match="attrs"):
        encode(frame)


def test_column_of_unknown_kind_is_refused_with_its_place() -> None:
    with pytest.raises(RefusalError, match=r"value.iloc\[:, 0\].*Sparse"):
        encode(pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}))


def test_object_column_holds_the_same_objects_as_elsewhere() -> None:
    shared = [1]

    frame, decoded = decode(encode([pd.DataFrame({"a": pd.Series([shared], dtype=object)}), shared]))

    assert frame["a"][0] is decoded


@pytest.mark.parametrize(
    "value",
    [
        *(
            pd.Timestamp("2020-01-01 00:00:00.123456789"),
            pd.Timestamp("2020", tz="Europe/Berlin"),
            pd.Timestamp(1, unit="s"),
        ),
        *(pd.Timedelta("1 day 1ns"), pd.RangeIndex(1, 9, 2, name="r"), pd.Index(["a"], dtype=object)),
    ],
)
def test_scalar_or_index_round_trips(value) -> None:
    decoded = decode(encode(value))

    assert type(decoded) is type(value)
    assert repr(decoded) == repr(value)


def test_missing_values_are_themselves_again() -> None:
    first, second = decode(encode([pd.NA, pd.NaT]))
    assert first is pd.NA
    assert second is pd.NaT


def test_frame_is_not_decoded_where_pandas_is_not_loaded(monkeypatch) -> None:
    data = encode(pd.DataFrame({"a": [1]}))
    monkeypatch.delitem(__import__("sys").modules, "pandas")

    with pytest.raises(FormatError, match=r"allow=\['pandas'\]"):
        decode(data)
