"""The pages for those who come from other tools: every example in them runs and prints what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.pages import run_page

PAGES = sorted((Path(__file__).parents[3] / "docs" / "coming-from").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_examples_of_the_page_run(page, tmp_path) -> None:
    ran = run_page(page, tmp_path)

    wrong = [
        f"{page.name}:{r.line}: exit {r.status}\n{r.output}\n--- shown:\n{r.expected}" for r in ran if not r.is_as_shown
    ]
    assert ran
    assert not wrong, "\n".join(wrong)
