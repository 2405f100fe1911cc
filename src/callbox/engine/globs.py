"""Globs on module names: the pure-Python twin of `csrc/glob.c` and `csrc/filter.c`.

In a pattern `*` stands for any run of characters, dots among them, and `?` for
one character; everything else, `[` too, stands for itself. `pkg.*` selects `pkg`
as well. `!` in front negates. The last pattern that matches decides; where none
does, a module is selected if every pattern is a negation. No pattern at all
selects everything. callbox itself is never selected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN_PACKAGE = "callbox"


def is_selected(patterns: Sequence[str], module_name: str) -> bool:
    """Say whether the filter selects a module."""
    if is_own(module_name):
        return False
    index = find_deciding(patterns, module_name)
    if index is None:
        return all(is_negation(pattern) for pattern in patterns)
    return not is_negation(patterns[index])


def is_negated(patterns: Sequence[str], module_name: str) -> bool:
    """Say whether the filter excludes a module by name, rather than by not mentioning it."""
    if is_own(module_name):
        return True
    index = find_deciding(patterns, module_name)
    return index is not None and is_negation(patterns[index])


def find_deciding(patterns: Sequence[str], module_name: str) -> int | None:
    """Return the position of the pattern that decides for a module: the last match, or None."""
    for index in reversed(range(len(patterns))):
        if matches(patterns[index].removeprefix("!"), module_name):
            return index
    return None


def matches(glob: str, module_name: str) -> bool:
    """Say whether a glob, without its `!`, matches a module name."""
    is_package = len(glob) > 2 and glob.endswith(".*")
    return _matches_text(glob, module_name) or (is_package and _matches_text(glob[:-2], module_name))


def is_negation(pattern: str) -> bool:
    """Say whether a pattern excludes what it matches."""
    return pattern.startswith("!")


def is_own(module_name: str) -> bool:
    """Say whether a module belongs to callbox."""
    return module_name == _OWN_PACKAGE or module_name.startswith(_OWN_PACKAGE + ".")


def _matches_text(glob: str, text: str) -> bool:
    """Match without recursion: on a mismatch the last star takes one more character, which is never exponential."""
    at = 0
    star, star_end = -1, 0
    position = 0
    while position < len(text):
        if at < len(glob) and glob[at] == "*":
            star, star_end = at, position
            at += 1
        elif at < len(glob) and glob[at] in ("?", text[position]):
            at += 1
            position += 1
        elif star >= 0:
            star_end += 1
            at, position = star + 1, star_end
        else:
            return False
    return not glob[at:].strip("*")
