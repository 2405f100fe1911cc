"""Comparing NumPy arrays and scalars: chunk by chunk, without a copy of either."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.values.compare import numbers
from callbox.values.compare.families import Family, register, register_base, register_lenient
from callbox.values.compare.leaves import IDENTITY, compare_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from callbox.values.compare.rules import Rules
    from callbox.values.compare.walk import Comparer
    from callbox.values.paths import Link

_CHUNK_ITEMS = 1 << 16
_MAX_SHOWN = 5
"""Differing elements of one array that are described; a last line tells of the others."""


def _compare_arrays(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if actual.shape != expected.shape:
        comparer.add("shape", link, str(actual.shape), str(expected.shape))
        return
    if actual.dtype != expected.dtype and (rules.strict_dtypes or _differ_in_kind(actual.dtype, expected.dtype)):
        comparer.add("dtype", link, str(actual.dtype), str(expected.dtype))
        return
    if actual.dtype.names is not None:
        for name in actual.dtype.names:
            comparer.push(actual[name], expected[name], (link, "key", name), rules)
    elif actual.dtype.hasobject:
        for index, pair in enumerate(zip(actual.reshape(-1).tolist(), expected.reshape(-1).tolist(), strict=True)):
            comparer.push(*pair, (link, "index", _place(index, actual.shape)), rules)
    else:
        _compare_elements(comparer, actual, expected, link, rules)


def _differ_in_kind(dtype: np.dtype[Any], other: np.dtype[Any]) -> bool:
    """Say whether two dtypes hold things that no comparison makes sense of."""
    numeric = "?biufc"
    if dtype.names != other.names or dtype.hasobject != other.hasobject:
        return True
    return dtype.kind != other.kind and not (dtype.kind in numeric and other.kind in numeric)


def _place(index: int, shape: tuple[int, ...]) -> str:
    return ", ".join(str(int(i)) for i in np.unravel_index(index, shape))


def _compare_elements(
    comparer: Comparer, actual: NDArray[Any], expected: NDArray[Any], link: Link, rules: Rules
) -> None:
    n_differences, largest = 0, 0.0
    for start, found, wanted in _chunks(actual, expected):
        places = np.flatnonzero(_differs(found, wanted, rules))
        if not len(places):
            continue
        n_shown = min(len(places), max(0, _MAX_SHOWN - n_differences))
        for place in places[:n_shown].tolist():
            where: Link = (link, "index", _place(start + place, actual.shape)) if actual.ndim else link
            _add_element(comparer, found[place], wanted[place], where)
        n_differences += len(places)
        largest = max(largest, _largest_error(found[places], wanted[places]))
    if n_differences > _MAX_SHOWN:
        text = f"{n_differences:,} of {actual.size:,} elements differ"
        comparer.add_rest(link, n_differences - _MAX_SHOWN, text, f"at most by {largest:.3g}" if largest else "")


def _chunks(actual: NDArray[Any], expected: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any], NDArray[Any]]]:
    """Yield `(first index, chunk, chunk)` in C order; views where the arrays are contiguous."""
    if not actual.size:
        return
    flags = ["external_loop", "buffered", "zerosize_ok"]
    if actual.flags.c_contiguous and expected.flags.c_contiguous:
        found, wanted = actual.reshape(-1), expected.reshape(-1)
        for start in range(0, actual.size, _CHUNK_ITEMS):
            yield start, found[start : start + _CHUNK_ITEMS], wanted[start : start + _CHUNK_ITEMS]
        return
    start = 0
    for found, wanted in np.nditer([actual, expected], flags=flags, order="C", buffersize=_CHUNK_ITEMS):  # type: ignore[call-overload]
        yield start, found, wanted
        start += found.size


def _differs(found: NDArray[Any], wanted: NDArray[Any], rules: Rules) -> NDArray[np.bool_]:
    """Return where two chunks differ."""
    if found.dtype.kind == "V":
        found, wanted = (np.array([item.tobytes() for item in chunk], object) for chunk in (found, wanted))
    differs: NDArray[np.bool_] = np.not_equal(found, wanted)
    kinds = found.dtype.kind + wanted.dtype.kind
    if rules.signed_zeros and "f" in kinds and set(kinds) <= set("fiub"):
        differs |= (found == 0) & (wanted == 0) & (np.signbit(found) != np.signbit(wanted))
    if not differs.any() or not set(kinds) <= set("biufcmM"):
        return differs
    places = np.flatnonzero(differs)
    left, right = found[places], wanted[places]
    differs[places] = ~_are_close(left, right, rules)
    return differs


def _are_close(left: NDArray[Any], right: NDArray[Any], rules: Rules) -> NDArray[np.bool_]:
    """Return which of two arrays' elements are equal or close; both hold only what is not equal."""
    if left.dtype.kind in "mM" or right.dtype.kind in "mM":
        both_nat: NDArray[np.bool_] = np.isnat(left) & np.isnat(right)
        return both_nat & rules.equal_nan
    is_close: NDArray[np.bool_] = rules.equal_nan & np.isnan(left) & np.isnan(right)
    if not rules.is_exact and not (left.dtype.kind == right.dtype.kind == "b"):
        with np.errstate(all="ignore"):
            error = np.abs(np.subtract(left, right, dtype=_wide(left, right)))
            bound = rules.atol + rules.rtol * np.abs(right.astype(_wide(left, right)))
        is_close |= (error <= bound) & np.isfinite(left) & np.isfinite(right)
    return is_close


def _wide(left: NDArray[Any], right: NDArray[Any]) -> Any:
    """Return a dtype in which the difference of two integers does not wrap around."""
    dtype = np.result_type(left.dtype, right.dtype, np.float64)
    return np.longdouble if {left.dtype.kind, right.dtype.kind} <= set("iu") else dtype


def _largest_error(left: NDArray[Any], right: NDArray[Any]) -> float:
    if not set(left.dtype.kind + right.dtype.kind) <= set("iufc"):
        return 0.0
    with np.errstate(all="ignore"):
        errors = np.abs(np.subtract(left, right, dtype=_wide(left, right)))
    finite = errors[np.isfinite(errors)]
    return float(finite.max()) if len(finite) else 0.0


def _add_element(comparer: Comparer, found: Any, wanted: Any, link: Link) -> None:
    if found.dtype.kind in "biufc":
        note = _describe_ulps(found, wanted) if found.dtype == wanted.dtype and found.dtype.kind == "f" else ""
        comparer.add_numbers(link, _shortest(found), _shortest(wanted), note)
    elif found.dtype.kind in "mM":
        comparer.add("value", link, str(found), str(wanted))
    else:
        comparer.add_values(link, found.item(), wanted.item())


def _shortest(value: Any) -> Any:
    """Return a number of few digits that means this element in its own precision."""
    return float(str(value)) if value.dtype.kind == "f" and value.dtype.itemsize < 8 else value.item()


def _describe_ulps(found: Any, wanted: Any) -> str:
    """Count steps of the array's own precision, where these are few."""
    dtype = found.dtype.newbyteorder("=")
    if dtype.itemsize not in (2, 4) or not (np.isfinite(found) and np.isfinite(wanted)):
        return ""
    n_ulps = abs(_ordinal(found.astype(dtype)) - _ordinal(wanted.astype(dtype)))
    return f"{n_ulps} ulp" if n_ulps <= 10_000 else ""


def _ordinal(value: Any) -> int:
    bits = int(value.view(f"u{value.dtype.itemsize}"))
    sign = 1 << (8 * value.dtype.itemsize - 1)
    return bits if bits < sign else sign - bits


def _compare_scalars(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    _compare_arrays(comparer, np.asarray(actual), np.asarray(expected), link, rules)


def _compare_any_numbers(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    left, right = (value.item() if isinstance(value, np.generic) else value for value in (actual, expected))
    if isinstance(left, complex) or isinstance(right, complex):
        if not numbers.are_close_complex(complex(left), complex(right), rules):
            comparer.add_numbers(link, left, right)
    else:
        compare_numbers(comparer, left, right, link, rules)


def _compare_dtypes(comparer: Comparer, actual: Any, expected: Any, link: Link, _rules: Rules) -> None:
    if actual != expected:
        comparer.add("dtype", link, str(actual), str(expected))


@functools.cache
def register_loaded() -> None:
    """Make NumPy's types known."""
    register(Family(_compare_arrays, can_hold=True), np.ndarray)
    register(IDENTITY, np.ufunc, type(np.mean))
    register(Family(_compare_scalars), *(np.dtype(char).type for char in "?bBhHiIlLqQefdgFDGmMSUV"))
    register_base(Family(_compare_dtypes), np.dtype)
    register_lenient(Family(_compare_any_numbers), np.number, np.bool_, int, float, complex)
