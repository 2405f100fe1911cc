"""What counts as a difference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from callbox.errors import ConfigError


@dataclass(frozen=True)
class Rules:
    """Rules of a comparison.

    Numbers are close if `abs(actual - expected) <= atol + rtol * abs(expected)`.

    Attributes:
        rtol: relative tolerance for numbers.
        atol: absolute tolerance for numbers.
        equal_nan: NaN equals NaN, whatever its payload; NaT equals NaT.
        signed_zeros: 0.0 differs from -0.0.
        strict_types: values of different types differ; without it `1`, `1.0`, `True` and `np.int64(1)`
            are one number, lists equal tuples, and subclasses equal their bases.
        strict_dtypes: arrays of different dtypes differ; their shapes must agree in any case.
        unordered: lists, tuples and deques are bags.
        ignore: whatever stands here is equal; for overrides.
        allow_eq: globs of classes, e.g. `myapp.Money`, that are compared by their own `==`.
        overrides: rules for what stands at paths that match a glob, and below; the last match wins,
            and what these say of overrides and `max_differences` is not asked. `*` stands
            for any run of characters, `?` for one: `result["rows"][*].elapsed`.
        max_differences: differences to describe; the others are counted.
    """

    rtol: float = 0.0
    atol: float = 0.0
    equal_nan: bool = True
    signed_zeros: bool = False
    strict_types: bool = True
    strict_dtypes: bool = True
    unordered: bool = False
    ignore: bool = False
    allow_eq: tuple[str, ...] = ()
    overrides: Mapping[str, Rules] = field(default_factory=dict)
    max_differences: int = 50

    def __post_init__(self) -> None:
        for name in ("rtol", "atol"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ConfigError(f"{name}={value!r}: a tolerance is a finite number, 0 or more")
        if self.max_differences < 1:
            raise ConfigError(f"max_differences={self.max_differences}: must be 1 or more")

    @property
    def is_exact(self) -> bool:
        """Whether numbers must be equal, not only close."""
        return not self.rtol and not self.atol

    def allows_eq(self, name: str) -> bool:
        """Say whether instances of a class may be compared by their own `==`."""
        return any(fnmatchcase(name, glob) for glob in self.allow_eq)

    def find_override(self, path: str) -> Rules | None:
        """Return the rules for a path; None where no override matches."""
        return next((rules for glob, rules in self._globs if glob.fullmatch(path)), None)

    def reach(self, path: str) -> tuple[frozenset[int], ...]:
        """Return how far the overrides' globs have come at the end of a path, as positions in each.

        What stands below two places of one reach is under the same overrides: the globs are automata
        whose states these are.
        """
        return tuple(_positions(glob, path) for glob in self.overrides)

    @cached_property
    def _globs(self) -> list[tuple[re.Pattern[str], Rules]]:
        wild = {"*": ".*", "?": "."}
        globs = [("".join(wild.get(c, re.escape(c)) for c in text), rules) for text, rules in self.overrides.items()]
        return [(re.compile(text, re.DOTALL), rules) for text, rules in reversed(globs)]


def _positions(glob: str, path: str) -> frozenset[int]:
    """Return the positions in a glob at which matching may go on after a path."""
    found = _past_stars(glob, {0})
    for character in path:
        stayed = {at for at in found if at < len(glob) and glob[at] == "*"}
        found = _past_stars(glob, stayed | {at + 1 for at in found - stayed if glob[at : at + 1] in ("?", character)})
    return frozenset(found)


def _past_stars(glob: str, positions: set[int]) -> set[int]:
    """Add the positions that follow on stars, which may stand for nothing."""
    found = set(positions)
    for at in positions:
        while glob[at : at + 1] == "*":
            at += 1
            found.add(at)
    return found
