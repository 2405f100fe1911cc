"""The values of a recording as text, for those who write calls and events."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.model import EventKind, Outcome
from callbox.recording.digests import digest_events
from callbox.values.describe import describe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.model import CallTree, Function
    from callbox.recording.values import RecordedValues

_MAX_CHARS = 80
_MIN_CHARS = 20
_ARGUMENTS_CHARS = 160
"""Room for all arguments of a call together."""
_MAX_DETAIL_CHARS = 200

_VARARGS, _VARKEYWORDS = 0x04, 0x08  # co_flags
# As plain ints: an enum's members are slow to get, and this is asked of every call.
_STARTS = frozenset({int(EventKind.CALL), int(EventKind.C_CALL)})
_GIVES = frozenset({int(EventKind.RETURN), int(EventKind.YIELD), int(EventKind.C_RETURN)})
_RAISES = frozenset({int(EventKind.UNWIND), int(EventKind.C_RAISE)})
_RETURNED, _RAISED = int(Outcome.RETURNED), int(Outcome.RAISED)

_PLACE_MIX = np.uint64(0x9E3779B97F4A7C15)


class ValueTexts:
    """What the calls of a tree were given, and what came of them."""

    def __init__(self, values: RecordedValues, tree: CallTree) -> None:
        """Describe a recording's values.

        Args:
            values: the values of all of the recording.
            tree: its calls, or some of them.
        """
        self._values = values
        self._calls = tree.calls
        self._functions = tree.functions

    def arguments(self, row: int) -> str:
        """Write a call's arguments as between its parentheses; empty `*args` and `**kwargs` are left out."""
        return self._arguments_at(int(self._calls["first_event"][row]), int(self._calls["code"][row]))

    def outcome(self, row: int) -> str:
        """Write what a call returned or raised; empty if it did neither, or nothing is known of it."""
        event = int(self._calls["last_event"][row])
        if self._calls["outcome"][row] == _RETURNED:
            return _join(self._result_at(event, int(self._calls["code"][row])), self._effects_at(event))
        if self._calls["outcome"][row] != _RAISED:
            return ""
        return _join(self._exception_at(event), self._locals_at(event, int(self._calls["first_event"][row])))

    def details(self, row: int) -> dict[str, Any]:
        """Return what is known of a call, each None where it has none.

        Returns:
            `arguments` by name, its `result` and its `exception`; `locals`, its variables when the exception left it;
            `effects`, those arguments that it changed, as they were at its end.
        """
        first, last = int(self._calls["first_event"][row]), int(self._calls["last_event"][row])
        outcome = self._calls["outcome"][row]
        arguments = self._values.arguments_at(first)
        has_result = outcome == _RETURNED and self._values.has_result_at(last)
        exception = self._values.exception_at(last) if outcome == _RAISED else None
        return {
            "arguments": _describe_each(arguments),
            "result": describe(self._values.result_at(last), max_chars=_MAX_DETAIL_CHARS) if has_result else None,
            "exception": None if exception is None else describe(exception, max_chars=_MAX_DETAIL_CHARS),
            "locals": _describe_each(self._values.locals_at(last)),
            "effects": _describe_each(self._values.effects_at(last) or None),
        }

    def event(self, event: int, kind: int, code: int) -> str:
        """Write what stands beside an event, after its function's name."""
        if kind in _STARTS:
            return f"({self._arguments_at(event, code)})" if self._values.arguments_at(event) is not None else ""
        if kind in _RAISES:
            text = _join(self._exception_at(event), self._locals_at(event, -1))
            return f" ✗ {text}" if text else ""
        if kind in _GIVES:
            if not self._values.has_result_at(event):
                return ""
            return f" → {_join(self._result_at(event, code), self._effects_at(event))}"
        sent = self._values.sent_at(event)
        return "" if sent is None else f" ← {describe(sent, max_chars=_MAX_CHARS)}"

    @cached_property
    def identity(self) -> NDArray[np.uint64]:
        """Shape `(n_calls,)`: differs where texts do, and seldom elsewhere."""
        by_event = digest_events(self._values, max_chars=_MAX_CHARS).digests
        first, last = by_event[self._calls["first_event"]], by_event[self._calls["last_event"]]
        identity: NDArray[np.uint64] = first * _PLACE_MIX ^ last
        return identity

    def _arguments_at(self, event: int, code: int) -> str:
        arguments = self._values.arguments_at(event)
        function = self._functions.get(code)
        if not arguments or function is None:
            return ""
        stars = _stars(function)
        shown = {name: value for name, value in arguments.items() if value or name not in stars}
        room = max(_MIN_CHARS, min(_MAX_CHARS, _ARGUMENTS_CHARS // max(1, len(shown))))
        return ", ".join(
            f"{stars.get(name, '')}{name}={describe(value, max_chars=room)}" for name, value in shown.items()
        )

    def _result_at(self, event: int, code: int) -> str:
        if self._functions.get(code) is None or not self._values.has_result_at(event):
            return ""
        return describe(self._values.result_at(event), max_chars=_MAX_CHARS)

    def _exception_at(self, event: int) -> str:
        exception = self._values.exception_at(event)
        return "" if exception is None else describe(exception, max_chars=_MAX_CHARS)

    def _effects_at(self, event: int) -> str:
        changed = self._values.effects_at(event)
        return "; ".join(f"{name} is now {text}" for name, text in self._describe_some(changed))

    def _locals_at(self, event: int, start: int) -> str:
        """Write the variables of an unwinding frame, but those that are as the call's arguments tell already."""
        variables = self._values.locals_at(event)
        if variables is None:
            return ""
        arguments = dict(self._describe_some(self._values.arguments_at(start) or {})) if start >= 0 else {}
        shown = [(name, text) for name, text in self._describe_some(variables) if arguments.get(name) != text]
        return "where " * bool(shown) + ", ".join(f"{name}={text}" for name, text in shown)

    def _describe_some(self, values: dict[str, Any]) -> list[tuple[str, str]]:
        room = max(_MIN_CHARS, min(_MAX_CHARS, _ARGUMENTS_CHARS // max(1, len(values))))
        return [(name, describe(value, max_chars=room)) for name, value in values.items()]


def _join(first: str, second: str) -> str:
    return f"{first}; {second}" if first and second else first or second


def _describe_each(values: dict[str, Any] | None) -> dict[str, str] | None:
    if values is None:
        return None
    return {name: describe(value, max_chars=_MAX_DETAIL_CHARS) for name, value in values.items()}


def _stars(function: Function) -> dict[str, str]:
    """Map the names of a function's `*args` and `**kwargs` to their stars."""
    flags = [stars for flag, stars in ((_VARARGS, "*"), (_VARKEYWORDS, "**")) if function.code_flags & flag]
    return dict(zip(function.parameters[len(function.parameters) - len(flags) :], flags, strict=False))
