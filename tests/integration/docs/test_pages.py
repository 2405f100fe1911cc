"""Every command and program of the documentation is run, and what a page shows of its output is what it prints."""

from __future__ import annotations

import shutil

import pytest
from tests.support.pages import ROOT, find_pages, read_blocks, run_page

README = "README.md"
PAGES = find_pages()
RUN = [name for name, page in PAGES.items() if name != README and any(block.is_run for block in read_blocks(page))]


def wrong_of(ran) -> str:
    return "\n".join(
        f"line {each.line}: exit {each.status}\n{each.output}\n--- shown:\n{each.expected}"
        for each in ran
        if not each.is_as_shown
    )


@pytest.mark.parametrize("name", RUN)
def test_page_shows_what_happens(tmp_path, name) -> None:
    ran = run_page(PAGES[name], tmp_path)

    assert ran
    assert not wrong_of(ran), wrong_of(ran)


def test_readme_shows_what_happens(tmp_path) -> None:
    for folder in ("examples", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("images"))

    ran = run_page(PAGES[README], tmp_path)

    assert ran
    assert not wrong_of(ran), wrong_of(ran)
