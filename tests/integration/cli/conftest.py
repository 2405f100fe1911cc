"""Commands in a folder of their own, and programs that run twice: by Python alone, and under `callbox run`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from callbox.recording import Recording, open_recording

TIMEOUT_S = 60
_ADDRESS = re.compile(rb"0x[0-9a-f]+")


@dataclass(frozen=True)
class Ending:
    """What the outside sees of a process; addresses in memory are of no account."""

    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True)
class Desk:
    """A folder in which commands run, apart from the settings of the machine."""

    folder: Path
    environ: dict[str, str]

    @classmethod
    def at(cls, folder: Path) -> Desk:
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("CALLBOX", "PYTHON")) or n == "PYTHONPATH"}
        return cls(folder, {**kept, "XDG_CONFIG_HOME": str(folder / "config-home")})

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def python(self, *words: str, stdin: bytes = b"", **environ: str) -> Ending:
        result = subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**self.environ, **environ},
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return Ending(result.returncode, _ADDRESS.sub(b"0x", result.stdout), _ADDRESS.sub(b"0x", result.stderr))

    def callbox(self, *words: str, stdin: bytes = b"", **environ: str) -> Ending:
        return self.python("-P", "-m", "callbox", *words, stdin=stdin, **environ)

    def recorded(self, words: Sequence[str], *options: str, stdin: bytes = b"", **environ: str) -> Ending:
        """Run a program under `callbox run`, which prints nothing of its own."""
        return self.callbox("run", "--quiet", *options, "--", *words, stdin=stdin, **environ)

    def recording(self, name: str = "callbox.cbx") -> Recording:
        return open_recording(self.folder / name)


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
    assert desk.recorded(["-c", "import os; os._exit(1)"], "-o", "killed.cbx").code == 1
    desk.write("damaged.cbx", (desk.folder / "shop.cbx").read_bytes()[:-40])
    return desk
