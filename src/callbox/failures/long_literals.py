"""String literals that go on over several lines, and these lines without the secrets in them.

A line inside such a literal looks like any other; what is secret in it may be seen
only with the lines around it, as in a key that is written in a block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from callbox.failures.clean import MAX_LINE_CHARS, clean_line, clean_literal

_TOKEN = re.compile(
    r'''"""([^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*)"""'''
    r"""|'''([^'\\]*(?:(?:\\.|'{1,2}(?!'))[^'\\]*)*)'''"""
    r"""|"([^"\\\n]*(?:\\.[^"\\\n]*)*)"|'([^'\\\n]*(?:\\.[^'\\\n]*)*)'|\#[^\n]*""",
    re.DOTALL,
)
"""A literal, its text the group that matched, or a comment."""
_MAX_CHARS = 1 << 16
"""A longer literal is looked at line by line."""
_Part: TypeAlias = tuple[int, int, str]
"""What a literal has in a line: where it starts and ends, and what is shown of it."""


class LongLiteral(NamedTuple):
    """The text of a literal: the lines of its ends, counted from 0, and the columns there."""

    first: int
    start: int
    last: int
    end: int


def find_long_literals(lines: Sequence[str]) -> tuple[LongLiteral, ...]:
    """Find the literals of a source file that do not end in the line in which they begin, in their order.

    They are found by their quotation marks: a parser takes ten times as long, and files need not be Python's.
    """
    text = "".join(lines)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))
    return tuple(_place(match, begins) for match in _TOKEN.finditer(text) if "\n" in match[0])


def _place(match: re.Match[str], begins: Sequence[int]) -> LongLiteral:
    start, end = match.span(match.lastindex or 0)
    first, last = bisect_right(begins, start) - 1, bisect_right(begins, end) - 1
    return LongLiteral(first, start - begins[first], last, end - begins[last])


def clean_lines(lines: Sequence[str], literals: Sequence[LongLiteral], first: int, end: int) -> list[str]:
    """Return some lines of a file, without their ends and the secrets in their literals.

    Args:
        lines: all of the file.
        literals: those that go on over several lines.
        first: the first line to return, counted from 0.
        end: the line after the last.
    """
    parts: dict[int, list[_Part]] = {}
    for literal in literals[max(0, bisect_right(literals, (first,)) - 1) :]:
        if literal.first >= end:
            break
        for number, part in enumerate(_clean(lines, literal), literal.first):
            parts.setdefault(number, []).append(part)
    return [_compose(lines[number].rstrip("\r\n"), parts.get(number, ())) for number in range(first, end)]


def _clean(lines: Sequence[str], literal: LongLiteral) -> list[_Part]:
    """Return the part of each line that a literal is on."""
    first, start, last, end = literal
    whole = [line.rstrip("\r\n") for line in lines[first : last + 1]]
    spans = [(start, len(whole[0])), *((0, len(line)) for line in whole[1:-1]), (0, end)]
    before = whole[0][:start]
    cleaned = _clean_pieces(
        [line[slice(*span)] for line, span in zip(whole, spans, strict=True)], before.rstrip(before[-1])
    )
    return [(*span, text) for span, text in zip(spans, cleaned, strict=True)]


def _compose(line: str, parts: Sequence[_Part]) -> str:
    """Put cleaned parts of literals into a line; what is between them is code."""
    shown, done, quotes = [], 0, ""
    for start, end, text in parts:
        shown += [quotes, clean_line(line[done + len(quotes) : start]), text]
        done, quotes = end, _quotes_at(line, end)
    composed = "".join([*shown, quotes, clean_line(line[done + len(quotes) :])])
    return composed if not parts or len(composed) <= MAX_LINE_CHARS else f"{composed[:MAX_LINE_CHARS]}…"


def _quotes_at(line: str, place: int) -> str:
    """Return the quotation marks that end a literal; none where it goes on in the next line."""
    mark = line[place : place + 1]
    return mark * 3 if line.startswith(mark * 3, place) else mark


def _clean_pieces(pieces: Sequence[str], before: str) -> list[str]:
    """Clean the parts of a literal that are in one line each."""
    text = "\n".join(pieces)
    if len(text) > _MAX_CHARS:
        return ["…" if len(piece) > MAX_LINE_CHARS else clean_literal(piece, before) for piece in pieces]
    cleaned = clean_literal(text, before)
    if cleaned == text:
        return list(pieces)
    kept = set(cleaned.split("\n"))
    return [piece if piece in kept or not piece.strip() else _clean_piece(piece, before) for piece in pieces]


def _clean_piece(piece: str, before: str) -> str:
    """Clean a line that does not stay as it is; if nothing in it says why, it is part of what is secret."""
    cleaned = clean_literal(piece, before)
    return cleaned if cleaned != piece else "…"
