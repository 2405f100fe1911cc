"""What pages promise is shown by tests: a ledger for each page names them, `tests/meta/promises/PAGE.toml`.

An entry is `says`, a piece of the page's own words, and `shown`, the tests that would fail if it were untrue:
`tests/FOLDER/test_x.py::test_name`, with the class between if there is one, or `csrc/tests/test_x.c::name`.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import pytest
from tests.support.pages import ROOT, find_pages, read_prose

LEDGERS = ROOT / "tests" / "meta" / "promises"
PAGES = find_pages()
REMEDY = "change the words in the ledger, name a test that shows it, or take the promise off the page"


def ledger_of(page: str) -> str:
    """Return the name of a page's ledger, such as `coming-from-snapy.toml`."""
    return "-".join(PurePosixPath(page).with_suffix("").parts).removeprefix("docs-").lower() + ".toml"


def read_ledger(page: str) -> list[dict[str, Any]]:
    return list(tomllib.loads((LEDGERS / ledger_of(page)).read_text(encoding="utf-8"))["promise"])


def folded(text: str) -> str:
    return " ".join(text.split())


@cache
def defined_in(file: str) -> frozenset[str]:
    """Return the tests that a file of Python or C defines; none if there is no such file."""
    path = ROOT / file
    is_python = re.fullmatch(r"tests/.*/test_\w+\.py", file) is not None
    is_c = re.fullmatch(r"csrc/tests/\w+\.c", file) is not None
    if not path.is_file() or not (is_python or is_c):
        return frozenset()
    text = path.read_text(encoding="utf-8")
    return frozenset(python_tests(ast.parse(text)) if is_python else re.findall(r"\bRUN\((\w+)\)", text))


def python_tests(node: ast.Module | ast.ClassDef, owner: str = "") -> list[str]:
    names = []
    for each in node.body:
        if isinstance(each, ast.ClassDef) and each.name.startswith("Test"):
            names += python_tests(each, f"{owner}{each.name}::")
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test"):
            names.append(owner + each.name)
    return names


def is_test(name: str) -> bool:
    file, _, function = name.partition("::")
    return function in defined_in(file)


def test_every_page_has_a_ledger_and_every_ledger_a_page() -> None:
    ledgers = {path.name for path in LEDGERS.iterdir()}
    wanted = {ledger_of(page) for page in PAGES}

    assert wanted - ledgers == set(), "write what these pages promise, and the tests that show it"
    assert ledgers - wanted == set(), "these are ledgers of no page: delete them"


@pytest.mark.parametrize("page", PAGES)
def test_promises_are_words_of_their_page(page) -> None:
    prose = folded(read_prose(PAGES[page]))
    gone = [entry["says"] for entry in read_ledger(page) if folded(entry["says"]) not in prose]

    assert gone == [], f"{page} does not say this any more: {REMEDY}"


@pytest.mark.parametrize("page", PAGES)
def test_promises_are_shown_by_tests_that_are_there(page) -> None:
    entries = [(entry["says"], entry.get("shown", [])) for entry in read_ledger(page)]
    unshown = [says for says, shown in entries if not shown]
    unknown = [(says, name) for says, shown in entries for name in shown if not is_test(name)]

    assert unshown == [], f"nothing shows what {page} promises: {REMEDY}"
    assert unknown == [], f"no such test shows what {page} promises: {REMEDY}"


@pytest.mark.parametrize("page", PAGES)
def test_ledgers_say_nothing_twice_and_nothing_else(page) -> None:
    entries = read_ledger(page)
    said = [folded(entry["says"]) for entry in entries]

    assert sorted(said) == sorted(set(said)), f"{ledger_of(page)} has an entry twice: keep one"
    assert [entry for entry in entries if set(entry) - {"says", "shown"}] == []
    assert [entry["says"] for entry in entries if len(set(entry["shown"])) < len(entry["shown"])] == []
