"""What is new in the texts that a function is called with: words, and how signs follow one another.

What parses or formats text goes other ways where it meets another keyword or another run
of signs, and shapes of arguments tell none of that.
"""

from __future__ import annotations

import re
from typing import Any

_WORD = re.compile(r"\w+")
_MAX_CHARS = 500
_MAX_PARTS = 20_000
_N_SIGNS = 3


class Novelty:
    """The parts of the texts of one function's calls that were looked at."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: set[str] = set()

    def note(self, arguments: tuple[Any, ...]) -> bool:
        """Take note of the texts among arguments; say whether one has a part that none had before.

        Arguments without texts are new: nothing speaks against them.
        """
        texts = [value[:_MAX_CHARS] for value in arguments if type(value) is str]
        if not texts or len(self._known) > _MAX_PARTS:
            return True
        n_known = len(self._known)
        for text in texts:
            self._known |= parts_of(text)
        return len(self._known) > n_known


def parts_of(text: str) -> set[str]:
    """Return a text's words, in small letters, and every three signs that follow one another, a word being one."""
    words: set[str] = set()

    def note_word(found: re.Match[str]) -> str:
        words.add(found[0].lower())
        return "w"

    signs = _WORD.sub(note_word, text)
    return words | {signs[i : i + _N_SIGNS] for i in range(max(1, len(signs) - _N_SIGNS + 1))}
