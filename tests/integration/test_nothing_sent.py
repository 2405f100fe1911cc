"""No command and no recording speaks to anybody, unless a sink or a receiver was named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support import shop
from tests.support.desk import Desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

LISTENER = """
import os, sys

FILE = os.open(os.environ["SPOKEN"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def listen(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        os.write(FILE, f"{event} {arguments[-1]}\\n".encode())

sys.addaudithook(listen)
"""
COMMANDS = [
    "-m callbox run -q --mode trace -o a.cbx -- shop.py",
    "-m callbox run -q --spill -o b.cbx -- shop.py",
    "-m callbox show a.cbx",
    "-m callbox stats a.cbx",
    "-m callbox diff --no-times a.cbx b.cbx",
    "-m callbox export -o a.json a.cbx",
    "-m callbox view --static a.html a.cbx",
    "-m callbox record -q shop.price -- -c import\tshop;shop.price('pear')",
    "-m callbox gen -d tests",
    "-m callbox doctor",
    "-m pytest -q -p no:cacheprovider --callbox=trace --callbox-failures --callbox-telemetry",
    "-m callbox failures report -o failures.html",
    "-m callbox telemetry report --html telemetry.html",
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder in which every process of Python tells whom it speaks to."""
    desk = Desk.at(tmp_path)
    desk.write("heard/sitecustomize.py", LISTENER)
    shop.lay_out(desk)
    desk.environ.update(PYTHONPATH=str(tmp_path / "heard"), SPOKEN=str(tmp_path / "spoken.txt"))
    return desk


def test_program_that_speaks_to_somebody_is_heard(desk) -> None:
    source = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))"

    desk.recorded(["-c", source])

    assert (desk.folder / "spoken.txt").read_text() == "socket.sendto ('127.0.0.1', 9)\n"


def test_nothing_is_sent_by_recording_and_reading(desk) -> None:
    endings = [desk.python(*(word.replace("\t", " ") for word in line.split(" "))) for line in COMMANDS]

    assert [ending.code for ending in endings] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], endings
    assert (desk.folder / "spoken.txt").read_text() == ""
