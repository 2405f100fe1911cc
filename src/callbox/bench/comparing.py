"""Comparison of encoded values by rules that came as data."""

from __future__ import annotations

from typing import Any

from callbox.bench.wire import Compared, CompareOrder
from callbox.errors import CallboxError
from callbox.values.compare import Rules, compare
from callbox.values.exact import decode


def compare_encoded(order: CompareOrder) -> Compared:
    """Decode two values and compare them; modules that they need may be imported, and nothing else is run."""
    try:
        actual = decode(order.actual, allow=("*",))
        expected = decode(order.expected, allow=("*",))
        found = compare(actual, expected, name=order.name, rules=rules_of(order.rules))
    except CallboxError as error:
        return Compared(problem=f"{order.name} cannot be compared: {error}")
    except Exception as error:
        return Compared(problem=f"{order.name} cannot be compared: {type(error).__name__}: {error}")
    return Compared(tuple((d.path, str(d)) for d in found.differences), found.n_differences)


def rules_of(data: dict[str, Any]) -> Rules:
    """Build rules from what `rules_data` made."""
    overrides = {glob: Rules(ignore=True) for glob in data["ignored"]}
    return Rules(
        rtol=data["rtol"], atol=data["atol"], equal_nan=data["equal_nan"], overrides=overrides, max_differences=20
    )


def rules_data(rtol: float, atol: float, equal_nan: bool, ignored: tuple[str, ...] = ()) -> dict[str, Any]:
    """Pack tolerances, and paths that are not compared."""
    return {"rtol": rtol, "atol": atol, "equal_nan": equal_nan, "ignored": list(ignored)}
