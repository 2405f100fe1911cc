"""Words, numbers and durations as a person reads them; nothing a terminal could mistake for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callbox.model import Function

_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))
_MODULE_BODY = "<module>"

UNKNOWN = "<unknown function>"
"""Stands for a function that a damaged recording no longer names."""


def printable(text: str) -> str:
    """Escape what is not printable: names come from traced programs and from files of strangers."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def function_label(function: Function | None) -> str:
    """Name a function the short way: `Lexer.get_tokens`; `<module app.main>` for a module's own code."""
    if function is None:
        return UNKNOWN
    if function.name == _MODULE_BODY:
        return printable(f"<module {function.module_name or function.filename}>")
    return printable(function.qualified_name)


def call_label(function: Function | None, arguments: str = "") -> str:
    """Write a call: `Lexer.get_tokens(text='a')`; a module's own code takes no arguments and has no parentheses."""
    label = function_label(function)
    if function is not None and function.name == _MODULE_BODY:
        return label
    return f"{label}({printable(arguments)})"


def count(n: int, noun: str) -> str:
    """Write a number with its noun: `1 call`, `12,345 calls`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def duration(t_ns: int) -> str:
    """Write a duration with three digits and its unit, e.g. `12.3 ms`."""
    for size_ns, unit in _UNITS:
        # 999.5 and more would round to a fourth digit: the next unit says it with three
        if t_ns >= size_ns * 0.9995:
            value = t_ns / size_ns
            n_decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:,.{n_decimals}f} {unit}"
    return f"{t_ns} ns"
