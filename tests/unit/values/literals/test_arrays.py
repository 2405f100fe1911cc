"""Source of NumPy arrays, scalars and dtypes."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.sources import evaluate

from callbox.values.compare import Rules, compare
from callbox.values.exact import encode
from callbox.values.literals import Style, literal
from callbox.values.refusal import UnwritableError


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (np.array([[1, 2], [3, 4]]), "np.array([[1, 2], [3, 4]])"),
        (np.array([1.5, np.nan, -np.inf]), "np.array([1.5, np.nan, -np.inf])"),
        (np.float32([0.1]), "np.array([0.1], dtype=np.float32)"),
        (np.array([[1.5], [2.5]], order="F"), "np.array([[1.5], [2.5]])"),
        (np.array([[1, 2], [3, 4]], order="F"), 'np.array([[1, 2], [3, 4]], order="F")'),
        (np.array([1, 2], ">i2"), 'np.array([1, 2], dtype=">i2")'),
        (np.array(["a", "bc"]), 'np.array(["a", "bc"])'),
        (np.array(["a"], "U5"), 'np.array(["a"], dtype="<U5")'),
        (np.array(["2020-01-01", "NaT"], "M8[D]"), 'np.array(["2020-01-01", "NaT"], dtype="datetime64[D]")'),
        (np.array([1, 2], "m8[s]"), 'np.array([1, 2], dtype="timedelta64[s]")'),
        (
            np.array([(1, 2.5)], [("a", "<i4"), ("b", "<f8")]),
            'np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8")])',
        ),
        (np.array(5), "np.array(5)"),
        (np.zeros((9, 9)), "np.zeros((9, 9))"),
        (np.ones(9, "i4"), "np.ones(9, dtype=np.int32)"),
        (np.full((3, 3), 7.5), "np.full((3, 3), 7.5, dtype=np.float64)"),
        (np.zeros((0, 3)), "np.empty((0, 3))"),
        (np.array([True, False]), "np.array([True, False])"),
        (np.array([1j, complex(np.nan, 0)]), "np.array([1j, complex(np.nan, 0.0)])"),
        (np.array([-0.0, -0.0, -0.0, -0.0]), "np.array([-0.0, -0.0, -0.0, -0.0])"),
        (np.array([1, None], object), "np.array([1, None], dtype=object)"),
        (np.float64(0.1), "np.float64(0.1)"),
        (np.int8(-1), "np.int8(-1)"),
        (np.datetime64("2020-01-01"), 'np.datetime64("2020-01-01", "D")'),
        (np.str_("a\0"), 'np.str_("a\\x00")'),
        (np.dtype("f4"), "np.dtype(np.float32)"),
        (np.dtype(">i2"), 'np.dtype(">i2")'),
        (np.add, "np.add"),
    ],
)
def test_source_is_what_a_person_would_write(value, source) -> None:
    written = literal(value)

    assert (written.imports, written.source) == (("import numpy as np",), source)
    assert encode(evaluate(written)) == encode(value)


@pytest.mark.parametrize(
    "value",
    [
        *(np.arange(1000), np.arange(1000.0).reshape(10, 100, order="F"), np.longdouble([1]) / 3, np.zeros(2, "V3")),
        np.zeros(3, np.dtype([("a", "i1"), ("b", "f8", (2,))])),
    ],
)
def test_large_or_strange_array_goes_to_a_side_file(value, tmp_path) -> None:
    written = literal(value)

    assert written.source.startswith('np.load(DATA / "value-')
    assert encode(evaluate(written, tmp_path)) == encode(value)


@pytest.mark.parametrize("dtype", ["U3", "M8[s]", "c16", [("a", "?")]])
def test_empty_array_of_any_kind_keeps_its_shape(dtype) -> None:
    value = np.zeros((0, 2), dtype)

    assert encode(evaluate(literal(value))) == encode(value)


def test_fields_with_names_beyond_latin_1_are_saved_without_a_warning(tmp_path) -> None:
    value = np.zeros(300, [("\u0141", "i1")])

    assert encode(evaluate(literal(value), tmp_path)) == encode(value)


def test_array_of_unequal_arrays_is_written() -> None:
    value = np.empty(2, object)
    value[:] = [np.array([1, 2]), np.array([1])]

    evaluated = evaluate(literal(value))

    assert compare(evaluated, value, rules=Rules()).is_equal


def test_long_array_stays_in_source_where_side_files_are_forbidden() -> None:
    written = literal(np.arange(500), style=Style(max_inline_chars=None))

    assert written.side_files == {}
    assert encode(evaluate(written)) == encode(np.arange(500))


@pytest.mark.parametrize("value", [np.longdouble(1) / 3, np.zeros(1, [("a", "i4")])[0], np.datetime64(1, "25s")])
def test_scalar_without_source_is_refused(value) -> None:
    with pytest.raises(UnwritableError):
        literal(value)
