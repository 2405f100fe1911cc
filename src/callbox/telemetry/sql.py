"""SQL statements reduced to what they have in common: literals folded, lists folded, white space single.

One pass over the text, whatever its length. It is no parser: it knows strings,
numbers, names, comments and parentheses, which is enough to tell statements of
the same shape apart from others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<dollar>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<string>[eEnNbBxX]?'(?:[^']|'')*(?:'|\Z))
    | (?P<quoted>"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[A-Za-z_][^\]\n]*\])
    | (?P<cast>::)
    | (?P<parameter>%s|%\(\w+\)s|\?\d*|\$\d+|:\w+)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<space>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_MARK = "?"
_PAGING = frozenset({"LIMIT", "OFFSET", "FETCH", "TOP"})
_LISTS = frozenset({"IN", "ANY", "VALUES"})
_TYPES = ("SELECT", "INSERT", "UPDATE", "DELETE")
_MAX_CHARS = 1_000_000
"""What is longer is cut: its shape is told by its beginning."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What statements that differ only in their values have in common.

    Attributes:
        template: the statement with `?` for every value, one for a list of them.
        kind: "SELECT", "INSERT", "UPDATE", "DELETE" or "OTHER"; of a statement `WITH`, what it leads to.
        keys: the values that stand in the text, without those that only page.
        has_list: it compares with a list of several values at once.
    """

    template: str
    kind: str
    keys: tuple[str, ...]
    has_list: bool


def shape_of(sql: str) -> Shape:
    """Reduce a statement.

    Args:
        sql: as it is executed; parameters may stand apart from it, in any style of PEP 249.
    """
    words: list[str] = []
    keys: list[str] = []
    is_paging = False
    for match in _TOKEN.finditer(sql[:_MAX_CHARS]):
        kind, text = match.lastgroup, match[0]
        if kind == "tag":
            kind = "dollar"
        if kind in ("comment", "space"):
            continue
        if kind in ("string", "number", "dollar"):
            if not is_paging:
                keys.append(text)
            words.append(_MARK)
        elif kind == "parameter":
            words.append(_MARK)
        else:
            words.append(text)
        if kind == "word":
            is_paging = text.upper() in _PAGING
        elif text not in ("?", "(") and kind == "other":
            is_paging = False
    folded, has_list = _fold_lists(words)
    return Shape(_join(folded), _kind_of(folded), tuple(keys), has_list)


def _fold_lists(words: list[str]) -> tuple[list[str], bool]:
    """Fold `( ?, ?, ? )` into `( ? )`, and rows of such lists into one."""
    folded: list[str] = []
    has_list = False
    index = 0
    while index < len(words):
        word = words[index]
        if word == "," and folded[-2:] == ["(", _MARK] and words[index + 1 : index + 2] == [_MARK]:
            has_list = has_list or (folded[-3:-2] != [] and folded[-3].upper() in _LISTS)
            index += 2
            continue
        if word == "," and folded[-3:] == ["(", _MARK, ")"] and words[index + 1 : index + 2] == ["("]:
            end = _end_of_values(words, index + 1)
            if end:
                index = end
                continue
        folded.append(word)
        index += 1
    return folded, has_list


def _end_of_values(words: list[str], start: int) -> int:
    """Return where a parenthesis that holds only values ends; 0 if it holds something else."""
    index = start + 1
    while index < len(words) and words[index] in (_MARK, ","):
        index += 1
    return index + 1 if words[index : index + 1] == [")"] else 0


def _join(words: list[str]) -> str:
    text = " ".join(words)
    return re.sub(r" ?(\.|::) ?", r"\1", text).replace("( ", "(").replace(" )", ")").replace(" ,", ",")


def _kind_of(words: list[str]) -> str:
    first = next((word.upper() for word in words if word != "("), "")
    if first == "WITH":
        depth = 0
        for word in words:
            depth += (word == "(") - (word == ")")
            if depth == 0 and word.upper() in _TYPES:
                return word.upper()
    return first if first in _TYPES else "OTHER"
