"""Source of pandas frames, Arrow tables, sparse arrays, attrs classes and pydantic models."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.sources import evaluate

from callbox.values.compare import compare
from callbox.values.exact import encode
from callbox.values.literals import literal
from callbox.values.refusal import UnwritableError


def test_plain_frame_is_written_as_a_person_would() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"x": [1.5, 2.0], "y": ["a", "b"], "n": [1, 2]})

    assert literal(frame).source == 'pd.DataFrame({"x": [1.5, 2.0], "y": ["a", "b"], "n": [1, 2]})'


def test_frames_series_and_indexes_evaluate_to_equal_ones() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "int": np.array([1, 2], "i2"),
            "object": pd.Series(["a", 3], dtype=object),
            "masked": pd.array([1, None], "Int64"),
            "text": pd.array(["a", None], pd.StringDtype("python")),
            "category": pd.Categorical(["a", None], ["b", "a"], ordered=True),
            "zoned": pd.date_range("2020", periods=2, tz="Europe/Berlin"),
        },
        index=pd.date_range("2020", periods=2, freq="D", name="day"),
    )
    for value in (
        frame,
        frame["int"],
        frame.index,
        pd.Timestamp("2020", tz="UTC"),
        pd.Timedelta("1s"),
        [pd.NA, pd.NaT],
    ):
        evaluated = evaluate(literal(value))

        assert str(compare(evaluated, value)) == "equal"
        assert encode(evaluated) == encode(value)


def test_frame_without_columns_keeps_its_index() -> None:
    pd = pytest.importorskip("pandas")
    sources = {
        "pd.DataFrame()": pd.DataFrame(),
        "pd.DataFrame(index=pd.RangeIndex(3))": pd.DataFrame(index=range(3)),
        'pd.DataFrame(index=pd.Index(["a"]))': pd.DataFrame(index=["a"]),
    }
    for source, frame in sources.items():
        written = literal(frame)

        assert written.source == source
        assert encode(evaluate(written)) == encode(frame)
    with pytest.raises(UnwritableError, match="column labels have dtype"):
        literal(pd.DataFrame({"a": [1]})[[]])


def test_frame_that_a_call_would_change_is_refused() -> None:
    pd = pytest.importorskip("pandas")

    with pytest.raises(UnwritableError, match="column labels"):
        literal(pd.DataFrame([[1, 2]], columns=["same", "same"]))
    with pytest.raises(UnwritableError, match="period"):
        literal(pd.DataFrame({"p": pd.period_range("2020", periods=2, freq="M")}))


def test_arrow_values_are_read_from_side_files(tmp_path) -> None:
    pa = pytest.importorskip("pyarrow")
    for value in (pa.table({"a": [1, None]}), pa.array([1]), pa.chunked_array([[1], [2]]), pa.record_batch({"a": [1]})):
        evaluated = evaluate(literal(value), tmp_path)

        assert encode(evaluated) == encode(value)


@pytest.mark.parametrize("name", ["csr", "csc", "bsr", "coo", "dia", "dok", "lil"])
def test_sparse_arrays_are_written_by_their_parts(name) -> None:
    sp = pytest.importorskip("scipy.sparse")
    value = getattr(sp, f"{name}_array")(np.array([[0.0, 1.5], [2.5, 0.0]]))

    assert encode(evaluate(literal(value))) == encode(value)


def test_attrs_classes_are_called_and_models_where_that_changes_nothing() -> None:
    pytest.importorskip("attr")
    pytest.importorskip("pydantic")
    models = pytest.importorskip("tests.support.library_kinds")

    assert literal(models.Defined(1, [2])).source == "Defined(x=1, y=[2])"
    assert literal(models.Hashed("a")).source == 'Hashed(name="a")'
    assert literal(models.Model(x=1, y=[2])).source == "Model(x=1, y=[2])"
    assert literal(models.Model(x=1)).source == 'Model.model_construct(_fields_set={"x"}, x=1, y=[])'
    assert literal(models.Converted("5")).source == "converted"
    for value in (models.Defined(1, [2]), models.Hashed("a"), models.Model(x=1), models.Model(x=1, y=[2])):
        assert encode(evaluate(literal(value))) == encode(value)
    with pytest.raises(UnwritableError, match="extra or private"):
        literal(models.Private(x=1))
