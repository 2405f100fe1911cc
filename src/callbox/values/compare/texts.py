"""Text and bytes: where they begin to differ, shown with a little around it."""

from __future__ import annotations

from typing import TypeVar

_AROUND = 20

TextT = TypeVar("TextT", str, bytes)


def first_difference(actual: TextT, expected: TextT) -> int:
    """Return the position of the first difference, or the shorter one's length."""
    low, high = 0, min(len(actual), len(expected))
    while low < high:
        middle = (low + high + 1) // 2
        if actual[low:middle] == expected[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def excerpt(text: str | bytes, position: int) -> str:
    """Return the literal of a short text, or of the part of a long one around a position."""
    if len(text) <= 3 * _AROUND:
        return repr(text)
    start = max(0, position - _AROUND)
    end = position + 2 * _AROUND
    return ("…" if start else "") + repr(text[start:end]) + ("…" if end < len(text) else "")


def describe_place(text: str | bytes, position: int) -> str:
    """Say where in a text a position is: by line where it has several."""
    if isinstance(text, str) and text.count("\n"):
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1)
        return f"from line {line}, column {column + 1}"
    return f"from {'character' if isinstance(text, str) else 'byte'} {position}"
