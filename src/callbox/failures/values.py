"""Values as failures keep them: text, written once however many frames hold the same object."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from callbox.failures.options import MAX_DESCRIBED_CHARS, CaptureOptions
from callbox.values.describe import describe
from callbox.values.freeze import Freezer
from callbox.values.redact import Redactor


class ValueWriter:
    """Freezes and writes the values of one failure.

    What a function was given its callers often hold too: it is looked at once.
    """

    def __init__(self, redactor: Redactor, options: CaptureOptions) -> None:
        """Begin; the time and the number of parts that one failure may take count from here."""
        self.redactor = redactor
        self._freezer = Freezer(redactor, options.limits)
        # with the value itself, so that its id stays its own
        self._texts: dict[int, tuple[Any, str]] = {}

    def write(self, value: Any) -> str:
        """Write a value."""
        known = self._texts.get(id(value))
        if known is None:
            text = describe(self._freezer.freeze(value), max_chars=MAX_DESCRIBED_CHARS)
            known = self._texts[id(value)] = value, text
        return known[1]

    def write_named(self, name: str, value: Any) -> str:
        """Write a variable's value; its name may tell that it is a secret."""
        if self.redactor.redact_key(name) is None:
            return self.write(value)
        return describe(self._freezer.freeze_named(name, value), max_chars=MAX_DESCRIBED_CHARS)

    def write_all(self, values: Mapping[str, Any] | None) -> dict[str, str]:
        """Write values by name."""
        return {name: self.write_named(name, value) for name, value in (values or {}).items()}

    def write_metadata(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what somebody says of a failure: as it is what JSON can hold, as text all else."""
        redacted: dict[str, Any] = self.redactor.redact_value(dict(values))
        return {
            str(name): value if _is_plain(value) else self.write_named(str(name), values[name])
            for name, value in redacted.items()
        }


def _is_plain(value: Any, depth: int = 0) -> bool:
    kind = type(value)
    if kind is float:
        return math.isfinite(value)
    if kind in _SCALARS or depth > _MAX_PLAIN_DEPTH:
        return kind in _SCALARS
    if kind is dict:
        return all(type(key) is str and _is_plain(item, depth + 1) for key, item in value.items())
    return kind in (list, tuple) and all(_is_plain(item, depth + 1) for item in value)


_SCALARS = (str, int, bool, type(None))
_MAX_PLAIN_DEPTH = 8
