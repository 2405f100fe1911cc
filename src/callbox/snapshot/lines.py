"""A tree of calls as lines, and lines as a tree: what stands in a snapshot file.

A line depends on its call and on how deep it is, never on its neighbours, so a change of one call is a change of one
line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from callbox.errors import FormatError
from callbox.render.text import count
from callbox.snapshot.branches import Branch, Rounds, Times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from callbox.snapshot.branches import Part

TRUNK, TWIG = "│  ", "├─ "
MAX_LEVELS = 60
"""Levels to write; what is deeper is counted."""
MIN_RECURSION = 6
"""Levels of a recursion that are written out, at most; of more, the first and the last are."""

_REMARKS = ("↻", "⋮")
_NAME = re.compile(r"[^(→✗‖▸?◂×]*")
_ENDING = re.compile(r"\)? [→✗‖▸?◂] ?")


class Line(NamedTuple):
    """One line: a call, or a remark on those around it.

    Attributes:
        level: how deep it stands; 0 for a call that no other made.
        text: the line without its lead.
        name: the function that is called; of a remark its first character.
    """

    level: int
    text: str
    name: str

    @classmethod
    def of(cls, level: int, text: str) -> Line:
        """Make a line of a text."""
        if text.startswith(_REMARKS):
            return cls(level, text, text[0])
        match = _NAME.match(text)
        return cls(level, text, match[0].strip() if match else "")

    @property
    def call(self) -> str:
        """The function with its arguments, without what came of it."""
        return _ENDING.split(self.text, maxsplit=1)[0]


def write_lines(parts: Sequence[Part]) -> Iterator[str]:
    """Write the calls of a forest, one a line."""
    # On a stack of our own: calls nest deeper than Python's.
    stack: list[tuple[Part | str, int]] = [(part, 0) for part in reversed(parts)]
    while stack:
        item, level = stack.pop()
        lead = TRUNK * (level - 1) + TWIG if level else ""
        if isinstance(item, str):
            yield lead + item
        elif isinstance(item, Rounds):
            yield f"{lead}↻ the {item.n_parts} above ×{item.n_rounds:,}"
        else:
            yield lead + _with_times(item)
            stack += [(inside, level + 1) for inside in reversed(_inside(item.branch, level + 1))]


def read_lines(text: str, known: dict[str, Line] | None = None) -> list[Line]:
    """Read the lines of a tree.

    Args:
        text: the tree.
        known: lines that were read before, to be added to: two snapshots have most lines in common.

    Raises:
        FormatError: the text is no tree: a line is deeper than what it stands under can be.
    """
    known = {} if known is None else known
    lines: list[Line] = []
    deepest = 0
    for number, written in enumerate(text.split("\n"), 1):
        line = known.get(written)
        if line is None:
            level = _level(written)
            line = known[written] = Line.of(level, written[level * len(TWIG) :])
            if not line.text.strip():
                raise FormatError(f"line {number} of the snapshot is no call: {written!r}")
            if line.text.startswith(TRUNK):
                raise FormatError(f"line {number} of the snapshot hangs under no call: {written!r}")
        if line.level > deepest:
            raise FormatError(f"line {number} of the snapshot hangs under no call: {written!r}")
        lines.append(line)
        deepest = line.level + 1
    return lines


def _level(written: str) -> int:
    """Return how deep a line stands."""
    at = written.find(TWIG)
    return at // len(TRUNK) + 1 if at >= 0 and written.startswith(TRUNK * (at // len(TRUNK))) and at % 3 == 0 else 0


def _with_times(part: Times) -> str:
    return part.branch.label if part.n_times == 1 else f"{part.branch.label} ×{part.n_times:,}"


def _inside(branch: Branch, level: int) -> list[Part | str]:
    """Return what to write below a call."""
    if level >= MAX_LEVELS and branch.parts:
        return [f"⋮ deeper, {branch.digest.hex()[:8]}"]
    if branch.n_levels <= MIN_RECURSION or branch.innermost is None or branch.inner is None:
        return list(branch.parts)
    values = "" if branch.has_one_label else f", {branch.inner.digest.hex()[:8]}"
    levels = count(branch.n_levels - 2, "more level")
    inside: list[Part | str] = []
    for part in branch.parts:
        if isinstance(part, Times) and part.branch is branch.inner:
            inside += [f"⋮ {levels} of it{values}", Times(branch.innermost, 1)]
        else:
            inside.append(part)
    return inside
