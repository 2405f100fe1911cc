"""Examples put into docstrings and Markdown, and taken out again: a second time changes nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from callbox.errors import GenerateError
from callbox.testgen.examples import Example, markdown_of

HEADING = "Examples from recorded calls:"
_INDENT = "    "
_QUOTES = re.compile(r"""([a-zA-Z]*)("{3}|'{3}|"|')""")
_BEGIN = re.compile(r"^<!-- callbox: examples of ([\w.]+) -->$", re.MULTILINE)
_END = "<!-- callbox: end -->"


def update_docstrings(source: str, examples: Mapping[str, Sequence[Example]]) -> str:
    """Return a module's source with examples in its docstrings; those that were there before are replaced.

    Args:
        source: the module.
        examples: by the qualified name of their function; functions without any lose those they had.
    """
    lines = source.split("\n")
    functions = list(_iter_functions(ast.parse(source), ""))
    for name, node in sorted(functions, key=lambda pair: pair[1].lineno, reverse=True):
        statement = node.body[0]
        if ast.get_docstring(node, clean=False) is not None and isinstance(statement, ast.Expr):
            _update_docstring(lines, statement.value, examples.get(name, ()))
    updated = "\n".join(lines)
    ast.parse(updated)
    return updated


def _iter_functions(parent: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _iter_functions(node, f"{prefix}{node.name}.")
        else:
            yield from _iter_functions(node, prefix)


def _update_docstring(lines: list[str], node: ast.expr, examples: Sequence[Example]) -> None:
    """Change the lines of one docstring."""
    start, end = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    opening = _QUOTES.match(lines[start].encode()[node.col_offset :].decode())
    text = "\n".join(lines[start : end + 1])
    if opening is None or (HEADING not in text and not examples):
        return
    prefix, quotes = opening.groups()
    head = lines[start].encode()[: node.col_offset].decode()
    margin = head if not head.strip() else " " * len(head)
    tail = lines[end].encode()[node.end_col_offset or 0 :].decode()
    inner = text[len(head) + len(prefix) + len(quotes) : len(text) - len(tail) - len(quotes)]
    kept = _without_section(inner.split("\n"), margin)
    new = f"{prefix}{quotes if len(quotes) == 3 else quotes * 3}" + "\n".join(kept).rstrip()
    closing = quotes if len(quotes) == 3 else quotes * 3
    if "r" in prefix.lower():
        examples = [example for example in examples if not any(closing in line for line in example.lines)]
    if examples:
        shown = [margin + _INDENT + line for example in examples for line in example.lines]
        section = shown if "r" in prefix.lower() else [_escaped(line, closing) for line in shown]
        new += "\n\n" + "\n".join([margin + HEADING, *section]) + f"\n{margin}"
    elif len(kept) > 1:
        new += f"\n{margin}"
    elif len(quotes) != 3:
        closing = quotes * 3
    lines[start : end + 1] = (head + new + closing + tail).split("\n")


def _escaped(line: str, closing: str) -> str:
    """Write a line as a docstring holds it."""
    return line.replace("\\", "\\\\").replace(closing, "".join(f"\\{quote}" for quote in closing))


def _without_section(lines: list[str], margin: str) -> list[str]:
    """Return a docstring's lines without our section: its heading, and what is indented below."""
    heading = margin + HEADING
    if heading not in lines:
        return lines
    start = lines.index(heading)
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(margin + _INDENT)):
        end += 1
    before = lines[:start]
    while before and not before[-1].strip():
        before.pop()
    rest = lines[end:]
    return [*before, *(["", *rest] if any(line.strip() for line in rest) else [])]


def update_markdown(text: str, examples: Mapping[str, Sequence[Example]], *, name: str) -> str:
    """Return Markdown with examples between its marks.

    Args:
        text: with lines like `<!-- callbox: examples of shop.price -->`; a line `<!-- callbox: end -->`
            closes each, and is added where it is missing.
        examples: by the full name of their function; marks of others are emptied.
        name: of the file, for errors.

    Raises:
        GenerateError: there is no such mark.
    """
    if not _BEGIN.search(text):
        raise GenerateError(f"{name} has no mark: write a line like <!-- callbox: examples of shop.price -->")
    parts: list[str] = []
    position = 0
    for match in _BEGIN.finditer(text):
        parts.append(text[position : match.end()])
        position = match.end()
        following = _BEGIN.search(text, position)
        end = text.find(_END, position, following.start() if following else len(text))
        if end >= 0:
            position = end + len(_END)
        found = examples.get(match[1], ())
        parts.append(f"\n\n{markdown_of(found)}\n\n{_END}" if found else f"\n{_END}")
    return "".join([*parts, text[position:]])
