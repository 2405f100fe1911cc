"""Pages say of every block what it is, so that none escapes being run."""

from __future__ import annotations

import re

from tests.support.pages import find_pages, read_blocks

WRITTEN = {"python", "toml", "yaml", "make", "ini"}
RUN = {"python", "console"}
SHOWN = {"text"}
INSTALLS = {"sh"}
PLACES_OF_INSTALLATION = {"README.md", "docs/index.md", "docs/development.md"}


def test_every_fence_is_closed_and_has_a_language() -> None:
    fences = {name: re.findall(r"^ *```.*", page.read_text(), re.MULTILINE) for name, page in find_pages().items()}
    opening = [(name, fence) for name, all_of in fences.items() for fence in all_of[::2]]

    assert [(name, fence) for name, fence in opening if not re.match(r"```\w", fence)] == []
    assert [name for name, all_of in fences.items() if len(all_of) % 2] == []


def test_blocks_are_files_or_run_or_only_shown() -> None:
    blocks = [(name, block) for name, page in find_pages().items() for block in read_blocks(page)]
    odd = [
        (name, block.line, block.language)
        for name, block in blocks
        if block.language not in (WRITTEN if block.file else RUN | SHOWN | INSTALLS)
    ]

    assert odd == []
    assert {name for name, block in blocks if block.language in INSTALLS} <= PLACES_OF_INSTALLATION


def test_what_is_only_shown_is_no_command() -> None:
    shown = [
        (name, block.line, line)
        for name, page in find_pages().items()
        for block in read_blocks(page)
        for line in block.text.splitlines()
        if block.language in SHOWN and re.match(r"\$ |>>> |(?:callbox|pytest|python|pip) [a-z-]", line)
    ]

    assert shown == []
