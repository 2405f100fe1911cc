"""A folder with boxes to export, to ask and to compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.desk import Desk, Ending

from callbox.cli.main import main

SHOP = """
import asyncio
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

async def order(n):
    await asyncio.sleep(0)
    return total(n)

async def orders():
    return await asyncio.gather(order(1), order(2))

def main():
    print(sum(prices(["tea", "cake"])))
    try:
        price("")
    except ValueError:
        pass
    asyncio.run(orders())

main()
clerk = threading.Thread(target=price, args=("bun",), name="clerk")
clerk.start()
clerk.join()
"""


@dataclass(frozen=True)
class Here:
    """Runs commands in a folder as a `Desk` does, but in this process: a new one takes most of a second to start."""

    folder: Path
    capture: pytest.CaptureFixture[bytes]

    def callbox(self, *words: str) -> Ending:
        code = main(words)
        return Ending(code, *self.capture.readouterr())


@pytest.fixture
def shop(boxes, monkeypatch, capfdbinary) -> Here:
    """Commands in the folder of `boxes`."""
    monkeypatch.chdir(boxes.folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", boxes.environ["XDG_CONFIG_HOME"])
    return Here(boxes.folder, capfdbinary)


@pytest.fixture(scope="session")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Boxes of one program: `shop.cbx` with values, `again.cbx` the same again, `changed.cbx` of another version.

    `plain.cbx` has no values, `empty.cbx` no calls, `damaged.cbx` lacks its end, `broken.cbx` is no box.
    """
    desk = Desk.at(tmp_path_factory.mktemp("shop"))
    desk.write("shop.py", SHOP)
    own = ("--include", "__main__")
    values = (*own, "--mode", "trace")
    assert desk.recorded(["shop.py"], *values, "-o", "shop.cbx").code == 0
    assert desk.recorded(["shop.py"], *values, "-o", "again.cbx").code == 0
    assert desk.recorded(["shop.py"], *own, "-o", "plain.cbx").code == 0
    assert desk.recorded(["shop.py"], "--include", "nothing", "-o", "empty.cbx").code == 0
    changed = SHOP.replace("return total(3)", "return total(2)").replace('"cake"', '"cake", "pie"')
    desk.write("shop.py", changed)
    assert desk.recorded(["shop.py"], *values, "-o", "changed.cbx").code == 0
    desk.write("damaged.cbx", (desk.folder / "shop.cbx").read_bytes()[:-40])
    desk.write("broken.cbx", b"\x89CBX\r\n\x1a\n" + b"\xff" * 64)
    return desk
