"""Laying source out: on one line where it fits, else one part a line with a comma after each."""

from __future__ import annotations

import ast
import keyword
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from callbox.values.paths import quote

_INDENT = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Parts between brackets: `open` part, part, ... `close`."""

    open: str
    parts: tuple[Node, ...]
    close: str
    needs_comma: bool = False
    """A tuple of one part needs its comma on one line too."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A part with what stands before it: `name=part` or `key: part`."""

    label: Node
    sign: str
    part: Node


@dataclass(frozen=True, slots=True)
class Suffixed:
    """A part with what follows it: `part.tz_localize("UTC")`."""

    part: Node
    suffix: Node


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text in one literal, or in several that Python joins where one is too long."""

    whole: str
    pieces: tuple[str, ...]


Node: TypeAlias = "str | Group | Labelled | Suffixed | Pieces"


def call(function: Node, parts: Iterable[Node] = (), keywords: Iterable[tuple[str, Node]] = ()) -> Node:
    """Return a call of a function given by its text; keywords that Python could not read stand in a dictionary."""
    named, others = [], []
    for name, part in keywords:
        if is_name(name):
            named.append(Labelled(name, "=", part))
        else:
            others.append(Labelled(quote(name), ": ", part))
    rest = [Group("**{", tuple(others), "}")] if others else []
    return Group(f"{flat(function)}(", (*parts, *named, *rest), ")")


def is_name(text: str) -> bool:
    """Say whether Python reads a text as a name, and as no other one."""
    is_one = text.isidentifier() and not keyword.iskeyword(text) and text != "__debug__"
    return is_one and unicodedata.is_normalized("NFKC", text)


def attribute(owner: Node, name: str) -> Node:
    """Return how source names an attribute; brackets stand about an owner that is a number or a sum.

    A draft has no source of an owner that it has met before, nor of the attribute then.
    """
    if not owner:
        return ""
    node = ast.parse(flat(owner), mode="eval").body
    is_number = isinstance(node, ast.Constant) and type(node.value) in (int, float, complex)
    if is_number or isinstance(node, ast.UnaryOp | ast.BinOp):
        owner = Group("(", (owner,), ")")
    return Suffixed(owner, f".{name}")


def flat(node: Node) -> str:
    """Write a node on one line."""
    if isinstance(node, str):
        return node
    if isinstance(node, Pieces):
        return node.whole
    if isinstance(node, Labelled):
        return flat(node.label) + node.sign + flat(node.part)
    if isinstance(node, Suffixed):
        return flat(node.part) + flat(node.suffix)
    return node.open + ", ".join(map(flat, node.parts)) + ("," if node.needs_comma else "") + node.close


class Layout:
    """Writes nodes within a width."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._sizes: dict[int, tuple[int, Node]] = {}
        """By identity of the node, which is kept: no other node may get it."""

    def write(self, node: Node, indent: int = 0, room: int = 0) -> str:
        """Write a node.

        Args:
            node: what to write.
            indent: columns that lines after the first begin with.
            room: columns that are taken on the first line, or by what follows on the last.
        """
        if isinstance(node, str) or self.size(node) <= self._width - indent - room:
            return flat(node)
        if isinstance(node, Labelled):
            label = self.write(node.label, indent, room) + node.sign
            return label + self.write(node.part, indent, room + len(label.rpartition("\n")[2]))
        if isinstance(node, Suffixed):
            return self.write(node.part, indent, room) + self.write(node.suffix, indent)
        inner = indent + _INDENT
        margin = "\n" + " " * inner
        if isinstance(node, Pieces):
            return "(" + "".join(margin + piece for piece in node.pieces) + "\n" + " " * indent + ")"
        lines = [margin + self.write(part, inner, 1) + "," for part in node.parts]
        return node.open + "".join(lines) + "\n" + " " * indent + node.close if lines else node.open + node.close

    def size(self, node: Node) -> int:
        """Return the length of a node on one line; remembered, as every level asks for it."""
        if isinstance(node, str):
            return len(node)
        known = self._sizes.get(id(node))
        if known is None:
            known = self._sizes[id(node)] = self._measure(node), node
        return known[0]

    def _measure(self, node: Node) -> int:
        if isinstance(node, Group):
            brackets = len(node.open) + len(node.close) + node.needs_comma
            return brackets + sum(self.size(part) + 2 for part in node.parts) - 2 * bool(node.parts)
        if isinstance(node, Labelled):
            return self.size(node.label) + len(node.sign) + self.size(node.part)
        if isinstance(node, Suffixed):
            return self.size(node.part) + self.size(node.suffix)
        return len(flat(node))


def text_node(text: str, width: int) -> Node:
    """Return a text's literal; one that is long or has many lines can be broken after spaces and newlines."""
    whole = quote(text)
    pieces = [quote(piece) for line in text.splitlines(keepends=True) for piece in _break(line, width)]
    return whole if len(pieces) < 2 else Pieces(whole, tuple(pieces))


def _break(line: str, width: int) -> Sequence[str]:
    size = max(20, width - 3 * _INDENT)
    if len(quote(line)) <= size:
        return [line]
    shrink = max(10, size * len(line) // len(quote(line)))
    wrapper = textwrap.TextWrapper(
        shrink, expand_tabs=False, replace_whitespace=False, drop_whitespace=False, break_on_hyphens=False
    )
    pieces = wrapper.wrap(line)
    return pieces if "".join(pieces) == line else [line]
