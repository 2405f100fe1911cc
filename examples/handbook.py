"""Bind the pages of this project's documentation into one HTML file, with a table of contents.

Usage: python examples/handbook.py [FOLDER] [OUTPUT]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

DOCS = Path(__file__).parents[1] / "docs"
PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Handbook</title>
<nav>
{contents}
</nav>
{chapters}
"""


class Heading(NamedTuple):
    """A line of the table of contents."""

    level: int
    title: str
    anchor: str


class Chapter(NamedTuple):
    """One page of Markdown, rendered."""

    html: str
    headings: list[Heading]
    n_words: int


def render(path: Path) -> Chapter:
    """Render a page, with an anchor at each heading."""
    markdown = MarkdownIt("commonmark").enable("table")
    text = path.read_text(encoding="utf-8")
    tokens = markdown.parse(text)
    headings = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            heading = Heading(int(opening.tag[1]), inline.content, f"{path.stem}-{len(headings)}")
            opening.attrSet("id", heading.anchor)
            headings.append(heading)
    return Chapter(markdown.renderer.render(tokens, markdown.options, {}), headings, len(text.split()))


def contents(chapters: list[Chapter]) -> Iterator[str]:
    """Write a line for each heading."""
    for chapter in chapters:
        for heading in chapter.headings:
            yield f'<p style="margin-left: {heading.level}em"><a href="#{heading.anchor}">{escape(heading.title)}</a>'


def main(folder: Path = DOCS, output: Path = Path("handbook.html")) -> None:
    """Render every page of a folder into one file."""
    chapters = [render(path) for path in sorted(Path(folder).glob("*.md"))]
    html = PAGE.format(contents="\n".join(contents(chapters)), chapters="\n".join(c.html for c in chapters))
    Path(output).write_text(html, encoding="utf-8")
    n_headings = sum(len(chapter.headings) for chapter in chapters)
    n_words = sum(chapter.n_words for chapter in chapters)
    print(f"{output}: {len(chapters)} chapters, {n_headings} headings, {n_words:,} words")


if __name__ == "__main__":
    main(*sys.argv[1:])
