"""How much of each call a snapshot has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from callbox.errors import ConfigError

Matchers = Mapping[str, str | Callable[[Any], Any]]
"""Globs on `module.function.parameter`, `module.function.return` or `module.function.raise`; each with a text to put in
the value's place, or a function that makes another value of it."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of a call is written.

    Attributes:
        has_values: arguments and results, not only the kinds of exceptions.
        has_modules: names with their modules.
        has_receivers: the object that a method was called on.
        max_chars: of each argument and of the result.
    """

    has_values: bool = True
    has_modules: bool = False
    has_receivers: bool = False
    max_chars: int = 80


DETAILS = {
    "minimal": Detail(has_values=False),
    "standard": Detail(),
    "verbose": Detail(has_modules=True, has_receivers=True, max_chars=400),
}


def detail_of(level: str) -> Detail:
    """Return what a level of detail means.

    Raises:
        ConfigError: there is no such level.
    """
    if level not in DETAILS:
        raise ConfigError(f"unknown detail_level {level!r}: choose one of {', '.join(DETAILS)}")
    return DETAILS[level]


def names_of(patterns: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return one pattern or several as a tuple."""
    return (patterns,) if isinstance(patterns, str) else tuple(patterns or ())
