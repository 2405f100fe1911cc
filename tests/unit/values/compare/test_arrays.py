"""Comparing NumPy arrays."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from callbox.values.compare import Rules, compare


def differences(actual, expected, **rules) -> list[str]:
    return str(compare(actual, expected, rules=Rules(**rules))).splitlines()


def test_differing_elements_have_place_and_size() -> None:
    actual = np.zeros((2, 3))
    expected = actual.copy()
    expected[1, 2] = 5e-324

    assert differences(actual, expected) == ["result[1, 2]: 0.0 != 5e-324 (1 ulp)"]


def test_precision_counts_in_the_array_s_own_floats() -> None:
    assert differences(np.float32([1, 2]), np.float32([1, 2.0000002])) == ["result[1]: 2.0 != 2.0000002 (1 ulp)"]


def test_many_differences_are_counted_and_summed_up() -> None:
    comparison = compare(np.zeros(1000), np.arange(1000.0))

    assert comparison.n_differences == 999
    assert str(comparison.differences[-1]) == "result: 999 of 1,000 elements differ (at most by 999)"


@pytest.mark.parametrize(
    ("actual", "expected", "rules", "is_equal"),
    [
        (np.array([1, 2]), np.array([1.0, 2.0]), {}, False),
        (np.array([1, 2]), np.array([1.0, 2.0]), {"strict_dtypes": False}, True),
        (np.array(["1"]), np.array([1]), {"strict_dtypes": False}, False),
        (np.zeros((2, 3)), np.zeros((3, 2)), {}, False),
        (np.array([np.nan, 1]), np.array([np.nan, 1]), {}, True),
        (np.array([np.nan, 1]), np.array([np.nan, 1]), {"equal_nan": False}, False),
        (np.array(["NaT"], "M8[D]"), np.array(["NaT"], "M8[D]"), {}, True),
        (np.array(["2020"], "M8[D]"), np.array(["NaT"], "M8[D]"), {}, False),
        (np.array([1.0]), np.array([1.05]), {"rtol": 0.1}, True),
        (np.array([np.inf]), np.array([1.0]), {"rtol": 1}, False),
        (np.uint64([2**64 - 1]), np.uint64([0]), {"atol": 1}, False),
        (np.uint8([0]), np.uint8([1]), {"atol": 1}, True),
        (np.array([0.0]), np.array([-0.0]), {}, True),
        (np.array([0.0]), np.array([-0.0]), {"signed_zeros": True}, False),
        (np.array([1 + 1j]), np.array([1 + 1.01j]), {"rtol": 0.1}, True),
        (np.array([True]), np.array([False]), {"atol": 1}, False),
        (np.array(["a"]), np.array(["b"]), {}, False),
        (np.arange(6).reshape(2, 3), np.arange(6).reshape(2, 3).copy(order="F"), {}, True),
        (np.arange(9)[::2], np.arange(9)[::2].copy(), {}, True),
        (np.zeros((0, 3)), np.zeros((0, 3)), {}, True),
        (np.zeros(2, "V3"), np.ones(2, "V3"), {}, False),
        (np.array(5.0), np.array(6.0), {}, False),
        (np.float64(1), 1, {"strict_types": False}, True),
        (np.float64(1), 1.0, {}, False),
        (np.complex64(1), 1, {"strict_types": False}, True),
        (np.dtype("f4"), np.dtype("f4"), {}, True),
        (np.add, np.add, {}, True),
    ],
)
def test_arrays_follow_the_rules(actual, expected, rules, is_equal) -> None:
    assert compare(actual, expected, rules=Rules(**rules)).is_equal is is_equal


def test_records_and_objects_are_compared_part_by_part() -> None:
    records = np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")])
    other = np.array([(1, 3.0)], records.dtype)
    objects = np.array([1, [2], None], object)

    assert differences(records, other) == ['result["b"][0]: 2.0 != 3.0 (off by 1, relative 0.333)']
    assert differences(objects, np.array([1, [3], None], object)) == ["result[1][0]: 2 != 3 (off by 1)"]


def test_large_arrays_are_not_copied() -> None:
    actual, expected = np.zeros(4_000_000), np.zeros(4_000_000)
    expected[-1] = 1
    tracemalloc.start()

    comparison = compare(actual, expected)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert comparison.n_differences == 1
    assert peak < actual.nbytes / 8
