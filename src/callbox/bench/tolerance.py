"""How close numbers must be, for all benchmarks and for some."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from callbox.errors import ConfigError


class Tolerance(msgspec.Struct, frozen=True):
    """`abs(actual - expected) <= atol + rtol * abs(expected)`; NaN equals NaN only if `equal_nan`."""

    rtol: float = 1e-5
    atol: float = 1e-8
    equal_nan: bool = True

    def __post_init__(self) -> None:
        for name in ("rtol", "atol"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ConfigError(f"tolerance {name}={value!r}: must be a number, 0 or more")


class Tolerances:
    """The tolerance of each benchmark: the last pattern that is found in its name, else the one for all."""

    def __init__(self, default: Tolerance, by_pattern: Mapping[str, Tolerance] | None = None) -> None:
        self._default = default
        self._by_pattern = []
        for pattern, tolerance in (by_pattern or {}).items():
            try:
                self._by_pattern.append((re.compile(pattern), tolerance))
            except re.error as error:
                raise ConfigError(f'[bench.tolerance."{pattern}"] is no regular expression: {error}') from None

    def of(self, benchmark: str) -> Tolerance:
        """Return the tolerance of a benchmark by its name."""
        return next((t for pattern, t in reversed(self._by_pattern) if pattern.search(benchmark)), self._default)
