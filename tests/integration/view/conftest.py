"""A real browser, and real pages for it: those that `callbox view` serves, and those that it writes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.desk import Desk

from callbox.recording import Recording
from callbox.view.exhibit import Exhibit
from callbox.view.server import ViewServer

KITCHEN = """
import asyncio, threading, time

class Oven:
    def __init__(self, name):
        self.name = name

    def heat(self, degrees):
        if degrees > 250:
            raise ValueError("too hot", degrees)
        return sum(knead(i) for i in range(20))

def knead(i):
    return i * i

def bake(oven, kind="sponge"):
    oven.heat(180)
    return {"cake": kind, "layers": [1, 2, 3]}

async def serve(n):
    await asyncio.sleep(0.001)
    return bake(Oven(f"oven {n}"))

async def evening():
    return await asyncio.gather(*(serve(n) for n in range(3)))

def burn(password, notes):
    try:
        Oven("small").heat(300)
    except ValueError:
        notes.append("burnt")

def shift():
    time.sleep(0.02)
    for _ in range(ROUNDS):
        bake(Oven("large"), kind="</script><b>tart</b>")

asyncio.run(evening())
burn(password="hunter2", notes=[])
cook = threading.Thread(target=shift, name="cook")
cook.start()
cook.join()
"""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TIMEOUT_MS = 20_000


@dataclass
class Browser:
    """A headless Chromium; `complaints` has what its pages said on their consoles."""

    driver: Any
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def open(self, address: str, *, scheme: str = "light") -> Any:
        """Open a page in a profile of its own; return it when it has drawn."""
        context = self.driver.new_context(viewport={"width": 1300, "height": 800}, color_scheme=scheme)
        context.set_default_timeout(_TIMEOUT_MS)
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requested.append(request.url))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        return page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium as the system has it. Of a module, not a session: while it runs, the thread has an event loop."""
    playwright = pytest.importorskip("playwright.sync_api")
    executable = next(filter(None, map(shutil.which, _NAMES)), None)
    if executable is None:
        pytest.skip("there is no Chromium here")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium) -> Iterator[Browser]:
    browser = Browser(chromium)
    yield browser
    for context in chromium.contexts:
        context.close()


@pytest.fixture(scope="session")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A folder with `kitchen.cbx` and `busier.cbx`, recorded with values, and `plain.cbx` without."""
    desk = Desk.at(tmp_path_factory.mktemp("kitchen"))
    desk.write("kitchen.py", f"ROUNDS = 3\n{KITCHEN}")
    desk.write("busier.py", f"ROUNDS = 30\n{KITCHEN}")
    own = ("--include", "__main__")
    assert desk.recorded(["kitchen.py"], *own, "--mode", "trace", "-o", "kitchen.cbx").code == 0
    assert desk.recorded(["busier.py"], *own, "--mode", "trace", "-o", "busier.cbx").code == 0
    assert desk.recorded(["kitchen.py"], *own, "-o", "plain.cbx").code == 0
    return desk


@contextlib.contextmanager
def serving(desk: Desk, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `callbox view`; give its process and the address that it prints."""
    command = [sys.executable, "-P", "-m", "callbox", "view", "--no-browser", *words]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=desk.folder, env=desk.environ, **pipes) as process:
        try:
            yield process, process.stdout.readline().strip()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def address(kitchen) -> Iterator[str]:
    """Where `callbox view kitchen.cbx` shows its page."""
    with serving(kitchen, "kitchen.cbx") as (_, address):
        yield address


@pytest.fixture(scope="module")
def pair_address(kitchen) -> Iterator[str]:
    """Where `callbox view kitchen.cbx busier.cbx` shows its page."""
    with serving(kitchen, "kitchen.cbx", "busier.cbx") as (_, address):
        yield address


@pytest.fixture(scope="module")
def file_address(kitchen) -> str:
    """A file written by `callbox view --static`."""
    assert kitchen.callbox("view", "kitchen.cbx", "--static", "kitchen.html").code == 0
    return (kitchen.folder / "kitchen.html").as_uri()


@pytest.fixture
def serve() -> Iterator[Callable[[Recording], str]]:
    """Serve a recording from this process; return the page's address."""
    with contextlib.ExitStack() as stack:

        def start(recording: Recording) -> str:
            server = stack.enter_context(ViewServer([Exhibit(recording, "recording")]))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return server.address

        yield start


@pytest.fixture
def start_view(kitchen) -> Callable[..., contextlib.AbstractContextManager[tuple[subprocess.Popen[str], str]]]:
    """Run `callbox view` with some words, in the folder of boxes."""
    return lambda *words: serving(kitchen, *words)
