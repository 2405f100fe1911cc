"""An empty folder to run commands in, and one with boxes of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder, and an environment without settings for Python or callbox."""
    return Desk.at(tmp_path)


SHOP = """
import threading

def total(n):
    return n and 1 + total(n - 1)

def price(item):
    if not item:
        raise ValueError(item)
    return total(3)

def prices(items):
    for item in items:
        yield price(item)

class Shop:
    def open(self):
        print(sum(prices(["tea", "cake"])))
        try:
            price("")
        except ValueError:
            pass

Shop().open()
clerk = threading.Thread(target=price, args=("bun",), name="clerk")
clerk.start()
clerk.join()
"""


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A folder with boxes: `shop.cbx`, `memory.cbx`, `small.cbx` with dropped events, `killed.cbx`, `empty.cbx`."""
    desk = Desk.at(tmp_path_factory.mktemp("shop"))
    desk.write("shop.py", SHOP)
    own = ("--include", "__main__")
    assert desk.recorded(["shop.py"], *own, "-o", "shop.cbx").code == 0
    assert desk.recorded(["shop.py"], *own, "--engine", "setprofile", "--memory", "-o", "memory.cbx").code == 0
    assert desk.recorded(["shop.py"], *own, "--max-events", "16", "-o", "small.cbx").code == 0
    assert desk.recorded(["shop.py"], "--include", "nothing", "-o", "empty.cbx").code == 0
    assert desk.recorded(["-c", "import os; os._exit(1)"], "--engine", "oracle", "-o", "killed.cbx").code == 1
    desk.write("damaged.cbx", (desk.folder / "shop.cbx").read_bytes()[:-40])
    return desk
