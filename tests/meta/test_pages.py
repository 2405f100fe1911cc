"""Pages say of every block what it is, so that none escapes being run."""

from __future__ import annotations

import re
import textwrap
from pathlib import PurePosixPath

from tests.support.pages import ROOT, Block, find_pages, read_blocks

WRITTEN = {"python", "toml", "yaml", "make", "ini"}
RUN = {"python", "console"}
SHOWN = {"text"}
INSTALLS = {"sh"}
RUN_STEP_BY_STEP = {"yaml"}
DRAWINGS = {"docs/architecture.md": 1, "docs/format.md": 2}
"""How many blocks of a page show how something is laid out: another one is to be run, or added here."""
FIGURES = "docs/performance.md"
"""The page whose blocks of text are what scripts in `benchmarks` printed."""
INSTALLS_WHAT_IS_PUBLISHED = "docs/index.md"

FOUND = {"conftest.py", "callbox.toml", "default_config.toml"}
"""Files that pytest and callbox look for by themselves."""

BLOCKS = {name: read_blocks(page) for name, page in find_pages().items()}


def unused_files(blocks: list[Block]) -> list[str]:
    """Name the files of a page, but empty ones, that neither its commands nor other files of it speak of."""
    unused = []
    for block in blocks:
        path = PurePosixPath(block.file)
        others = "\n".join(each.text for each in blocks if each is not block and each.language != "text")
        words = {path.name, path.stem, str(path.parent), path.parent.name} - {"", "."}
        is_found = path.name in FOUND and "$ " in others
        is_to_be_used = block.file and block.text.strip() and block.language not in RUN_STEP_BY_STEP
        if is_to_be_used and not is_found and not any(word in others for word in words):
            unused.append(block.file)
    return unused


def test_every_fence_is_closed_and_has_a_language() -> None:
    fences = {name: re.findall(r"^ *```.*", page.read_text(), re.MULTILINE) for name, page in find_pages().items()}
    opening = [(name, fence) for name, all_of in fences.items() for fence in all_of[::2]]

    assert [(name, fence) for name, fence in opening if not re.match(r"```\w", fence)] == []
    assert [name for name, all_of in fences.items() if len(all_of) != 2 * len(BLOCKS[name])] == []


def test_blocks_are_files_or_run_or_only_shown() -> None:
    odd = [
        (name, block.line, block.language)
        for name, blocks in BLOCKS.items()
        for block in blocks
        if block.language not in (WRITTEN if block.file else RUN | SHOWN | INSTALLS)
    ]

    assert odd == []


def test_files_of_a_page_are_used_by_it() -> None:
    assert {name: unused_files(blocks) for name, blocks in BLOCKS.items() if unused_files(blocks)} == {}


def test_what_is_only_shown_is_a_drawing_or_a_figure() -> None:
    shown = {name: sum(block.is_figure for block in blocks) for name, blocks in BLOCKS.items()}

    assert {name: n for name, n in shown.items() if n and name != FIGURES} == DRAWINGS


def test_figures_have_the_words_of_the_scripts_that_measured_them() -> None:
    scripts = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").rglob("*.py"))
    figures = [block for block in BLOCKS[FIGURES] if block.is_figure]
    unknown = [
        (block.line, word)
        for block in figures
        for word in re.findall(r"[A-Za-z]{3,}", block.text.splitlines()[0])
        if word not in scripts
    ]

    assert figures != []
    assert unknown == []


def test_what_is_only_shown_is_no_command() -> None:
    shown = [
        (name, block.line, line)
        for name, blocks in BLOCKS.items()
        for block in blocks
        for line in block.text.splitlines()
        if block.language in SHOWN and re.match(r"\$ |>>> |(?:callbox|pytest|python|pip) [a-z-]", line)
    ]

    assert shown == []


def test_what_installs_or_builds_is_run_in_ci() -> None:
    script = textwrap.dedent(re.sub(r"^ +", "", (ROOT / ".ci/run").read_text(), flags=re.MULTILINE))
    installing = [(name, block) for name, blocks in BLOCKS.items() for block in blocks if block.language in INSTALLS]

    assert len(installing) > 3
    assert [
        (name, block.line)
        for name, block in installing
        if name != INSTALLS_WHAT_IS_PUBLISHED and block.text.rstrip() not in script
    ] == []
