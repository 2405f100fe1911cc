"""Pages whose examples run and print what the page says: those for who comes from other tools, and of snapshots."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.pages import run_page

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [*sorted((DOCS / "coming-from").glob("*.md")), DOCS / "snapshots.md", DOCS / "tour.md"]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_examples_of_the_page_run(page, tmp_path) -> None:
    ran = run_page(page, tmp_path)

    wrong = [
        f"{page.name}:{r.line}: exit {r.status}\n{r.output}\n--- shown:\n{r.expected}" for r in ran if not r.is_as_shown
    ]
    assert ran
    assert not wrong, "\n".join(wrong)
