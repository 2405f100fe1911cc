"""Draw the pictures of the documentation, docs/images: recordings and reports made now, as Chromium shows them.

Usage: python tools/screenshots.py [CHROMIUM]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
MAX_BYTES = 150_000

SHOP = """
import sqlite3

PRICES = {"pear": 40, "fig": 25}


def opened():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table fruit (id, name)")
    connection.executemany("insert into fruit values (?, ?)", [(1, "pear"), (2, "fig"), (3, "kiwi")])
    return connection


def names(connection, numbers):
    found = []
    for number in numbers:
        found += [name for (name,) in connection.execute("select name from fruit where id = ?", [number])]
    return found


def price(name):
    return PRICES[name]


def total(names):
    return sum(map(price, names))
"""
TESTS = """
import pytest
import shop


@pytest.fixture
def connection():
    return shop.opened()


def test_names(connection):
    assert shop.names(connection, [1, 2, 3]) == ["pear", "fig", "kiwi"]


def test_total(connection):
    assert shop.total(shop.names(connection, [1, 2])) == 65


@pytest.fixture
def basket():
    return {"buyer": "Ada", "card_number": "4111 1111 1111 1111", "fruit": ["pear", "fig", "kiwi"]}


def test_total_of_all(basket):
    assert shop.total(basket["fruit"]) == 95


@pytest.mark.skip("no bank here")
def test_payment():
    pass
"""


@dataclass(frozen=True)
class Shot:
    """A page and what of it is drawn."""

    name: str
    file: str
    height: int
    keys: str = ""
    """Pressed before it is drawn."""


SHOTS = (
    Shot("view", "tour.html", 560, "2"),
    Shot("timeline", "tour.html", 560, "1"),
    Shot("telemetry", "telemetry.html", 760),
    Shot("failures", "failures.html", 760),
)


def main() -> None:
    """Make what is to be seen in a folder that goes away, and draw it."""
    executable = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        make_pages(folder)
        browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        IMAGES.mkdir(exist_ok=True)
        for shot in SHOTS:
            page = browser.new_page(viewport={"width": 1000, "height": shot.height}, color_scheme="light")
            draw(page, shot, folder)
            page.close()
        browser.close()


def make_pages(folder: Path) -> None:
    """Record a program and run tests, as a person would."""
    (folder / "shop.py").write_text(SHOP)
    (folder / "test_shop.py").write_text(TESTS)
    run(folder, "callbox", "run", "-q", "-i", "__main__", "-i", "markdown_it.*", "-o", "tour.cbx", "--",
        str(ROOT / "examples" / "handbook.py"), str(ROOT / "docs"), "handbook.html")  # fmt: skip
    run(folder, "callbox", "view", "tour.cbx", "--static", "tour.html")
    for _ in range(3):
        run(folder, "pytest", "-q", "--callbox-telemetry", "--telemetry-output", "records.txt", "--callbox-failures")
    run(folder, "callbox", "telemetry", "report", "--html", "telemetry.html")
    run(folder, "callbox", "failures", "report", "-o", "failures.html", "--max-failures", "1")


def run(folder: Path, *words: str) -> None:
    """Run a command of this Python's environment; tests among them may fail."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(words, cwd=folder, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL, check=False)


def draw(page: Page, shot: Shot, folder: Path) -> None:
    """Draw a page into its file, which is to stay small."""
    page.goto((folder / shot.file).as_uri())
    if shot.keys:
        page.wait_for_selector("html[data-ready]")
        page.keyboard.press(shot.keys)
    page.wait_for_timeout(2000)
    image = page.screenshot()
    if len(image) > MAX_BYTES:
        raise SystemExit(f"{shot.name}.png: {len(image):,} bytes, {MAX_BYTES:,} at most")
    (IMAGES / f"{shot.name}.png").write_bytes(image)
    print(f"{shot.name}.png: {len(image):,} bytes")


if __name__ == "__main__":
    main()
