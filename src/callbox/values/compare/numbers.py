"""Numbers: close or not, by how much, and how many floats lie between."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import Any

from callbox.values.compare.rules import Rules

_SIGN = 1 << 63
_MAX_SHOWN = 1e15


def are_close(actual: Any, expected: Any, rules: Rules) -> bool:
    """Say whether two real numbers are close enough under the rules."""
    if _is_nan(actual) or _is_nan(expected):
        return rules.equal_nan and _is_nan(actual) and _is_nan(expected)
    if actual == expected:
        return not rules.signed_zeros or actual != 0 or _is_negative(actual) == _is_negative(expected)
    if rules.is_exact or math.isinf(_as_float(actual)) or math.isinf(_as_float(expected)):
        return False
    # exact arithmetic: in floats the difference of two large numbers may overflow or vanish
    error = abs(Fraction(actual) - Fraction(expected))
    return error <= Fraction(rules.atol) + Fraction(rules.rtol) * abs(Fraction(expected))


def are_close_complex(actual: complex, expected: complex, rules: Rules) -> bool:
    """Say whether two complex numbers are close enough: part by part where one is no finite number."""
    parts = ((actual.real, expected.real), (actual.imag, expected.imag))
    if rules.is_exact or not all(math.isfinite(part) for pair in parts for part in pair):
        return all(are_close(a, b, rules) for a, b in parts)
    return abs(actual - expected) <= rules.atol + rules.rtol * abs(expected)


def magnitude_of(actual: Any, expected: Any) -> float | None:
    """Return the absolute difference of two numbers; None where there is none."""
    try:
        error = abs(actual - expected)
        return None if _is_nan(error) else float(error)
    except (TypeError, ValueError, ArithmeticError):
        return None


def describe_gap(actual: Any, expected: Any) -> str:
    """Say how far two numbers are apart: in units in the last place if these are few, else relatively."""
    if type(actual) is float and type(expected) is float and math.isfinite(actual) and math.isfinite(expected):
        n_ulps = ulps_between(actual, expected)
        if not n_ulps:
            return "the sign of zero"
        if n_ulps <= 10_000:
            return f"{n_ulps} ulp"
    error = magnitude_of(actual, expected)
    if error is None or math.isinf(error):
        return ""
    if type(actual) is int and type(expected) is int:
        return f"off by {abs(actual - expected)}" if error < _MAX_SHOWN else f"off by {error:.3g}"
    size = abs(complex(expected)) if type(expected) is complex else abs(_as_float(expected))
    relative = f", relative {error / size:.3g}" if size and math.isfinite(size) and error else ""
    return f"off by {error:.3g}{relative}"


def ulps_between(actual: float, expected: float) -> int:
    """Count the steps from one double to the next that lie between two finite ones; -0.0 and 0.0 are one."""
    return abs(_ordinal(actual) - _ordinal(expected))


def _ordinal(value: float) -> int:
    """Return a double's place in the order of all doubles."""
    bits: int = struct.unpack("<Q", struct.pack("<d", value))[0]
    return bits if bits < _SIGN else _SIGN - bits


def _is_nan(value: Any) -> bool:
    return type(value) is float and math.isnan(value)


def _is_negative(value: Any) -> bool:
    return math.copysign(1.0, value) < 0


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        # an int or Fraction too large for a float is still finite
        return 0.0
