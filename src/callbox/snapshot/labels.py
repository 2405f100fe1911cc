"""Calls as they are written in a snapshot: `place(order=3, express=True) → 'A-3'`."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol

from callbox.model import Outcome
from callbox.render.text import call_label, printable
from callbox.values.describe import describe
from callbox.values.frozen import FrozenObject, Named, Opaque

if TYPE_CHECKING:
    from callbox.model import Function
    from callbox.recording import Recording
    from callbox.snapshot.detail import Detail, Matchers
    from callbox.snapshot.stable import Stabiliser

RETURN, RAISE = "return", "raise"

_VARARGS, _VARKEYWORDS, _GENERATOR = 0x04, 0x08, 0x20 | 0x200  # co_flags
_RECEIVERS = frozenset({"self", "cls"})
_MARKS = {
    Outcome.OPEN: " ▸ still running",
    Outcome.RAISED: " ✗ raised",
    Outcome.SUSPENDED: " ‖ suspended",
    Outcome.LOST: " ? end not recorded",
    Outcome.CUT: " ✂ cut to keep to the budget",
}
_PARTIAL_MARK = " ◂ began before the block"
_CLOSED = "GeneratorExit"


class ValueFilter(Protocol):
    """What else decides on values: matchers and filters of syrupy."""

    def takes(self, function: Function, parameter: str) -> bool:
        """Say whether an argument, or under "return" the result, is written."""

    def change(self, function: Function, parameter: str, value: Any) -> Any:
        """Return what to write in a value's place."""


@dataclass(slots=True)
class Labels:
    """Writes the calls of one recording."""

    recording: Recording
    stabiliser: Stabiliser
    detail: Detail
    matchers: Matchers = field(default_factory=dict)
    filter: ValueFilter | None = None

    def of(self, row: int) -> str:
        """Write a call."""
        calls = self.recording.tree.calls
        function = self.recording.functions.get(int(calls["code"][row]))
        label = call_label(function, self._arguments(row, function) if function else "")
        if self.detail.has_modules and function is not None and function.name != "<module>":
            label = f"{printable(function.module_name)}.{label}"
        partial = _PARTIAL_MARK if calls["is_partial"][row] else ""
        return label + self._outcome(row, function) + partial

    def _arguments(self, row: int, function: Function) -> str:
        if not self.detail.has_values or self.recording.values is None:
            return ""
        arguments = self.recording.values.arguments(row) or {}
        stars = _stars(function)
        written = []
        for position, (name, value) in enumerate(arguments.items()):
            is_receiver = position == 0 and name in _RECEIVERS and not self.detail.has_receivers
            if is_receiver or (name in stars and not value) or not self._takes(function, name):
                continue
            written.append(f"{stars.get(name, '')}{name}={self._describe(function, name, value)}")
        return ", ".join(written)

    def _outcome(self, row: int, function: Function | None) -> str:
        outcome = Outcome(self.recording.tree.calls["outcome"][row])
        values = self.recording.values
        if values is None or function is None or outcome not in (Outcome.RETURNED, Outcome.RAISED):
            return _MARKS.get(outcome, "")
        if outcome is Outcome.RETURNED:
            is_known = values.has_result_at(int(self.recording.tree.calls["last_event"][row]))
            if not self.detail.has_values or not is_known or not self._takes(function, RETURN):
                return ""
            return f" → {self._describe(function, RETURN, values.result(row))}"
        raised = values.exception(row)
        kind = _kind(raised)
        if kind == _CLOSED and function.code_flags & _GENERATOR:
            # Before Python 3.13 closing a generator shows, later it does not.
            return _MARKS[Outcome.SUSPENDED]
        if not self.detail.has_values:
            return f" ✗ {kind}" if kind else _MARKS[outcome]
        return f" ✗ {self._describe(function, RAISE, raised)}" if kind else _MARKS[outcome]

    def _takes(self, function: Function, parameter: str) -> bool:
        return self.filter is None or self.filter.takes(function, parameter)

    def _describe(self, function: Function, parameter: str, value: Any) -> str:
        path = f"{function.full_name}.{parameter}"
        for glob, replacement in self.matchers.items():
            if fnmatchcase(path, glob):
                value = Named(replacement) if isinstance(replacement, str) else replacement(value)
        if self.filter is not None:
            value = self.filter.change(function, parameter, value)
        stable = self.stabiliser.value(value)
        return printable(describe(stable, max_chars=self.detail.max_chars))


def _kind(raised: Any) -> str:
    """Name the class of what was raised; empty if nothing is known of it."""
    if isinstance(raised, FrozenObject | Opaque):
        return raised.type_name.rpartition(".")[2]
    return "" if raised is None else type(raised).__name__


def _stars(function: Function) -> dict[str, str]:
    """Map the names of a function's `*args` and `**kwargs` to their stars."""
    flags = [stars for flag, stars in ((_VARARGS, "*"), (_VARKEYWORDS, "**")) if function.code_flags & flag]
    return dict(zip(function.parameters[len(function.parameters) - len(flags) :], flags, strict=False))
