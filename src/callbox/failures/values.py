"""Values as failures keep them: text, written once however many frames hold the same object."""

from __future__ import annotations

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
