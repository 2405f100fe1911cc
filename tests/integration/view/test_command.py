"""`callbox view` as a command: its words, its end, its errors."""

from __future__ import annotations

import signal
import stat
import urllib.request


def test_command_prints_the_address_and_ends_quietly(start_view) -> None:
    with start_view("kitchen.cbx") as (process, address):
        with urllib.request.urlopen(address) as response:
            page = response.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)

    assert b"<title>callbox</title>" in page
    assert (process.returncode, out, err) == (0, "", "callbox: shown until Ctrl-C\n\n")


def test_command_opens_a_browser_with_an_address_that_works_once(kitchen) -> None:
    script = """
import sys, threading, urllib.request, webbrowser
def browse(url):
    def ask():
        print("token" if url.split("/")[3] != "once" else "ticket", urllib.request.urlopen(url).status, flush=True)
        import _thread; _thread.interrupt_main()
    threading.Thread(target=ask).start()
webbrowser.open = browse
from callbox.cli.main import main
sys.exit(main(["view", "kitchen.cbx"]))
"""

    ending = kitchen.python("-c", script)

    assert (ending.code, ending.err) == (0, b"callbox: shown until Ctrl-C\n\n")
    assert b"ticket 200" in ending.out


def test_interrupt_while_the_lanes_are_worked_out_ends_quietly_too(kitchen) -> None:
    script = """
import atexit, sys, time
from callbox.view.exhibit import Exhibit
from callbox.view.server import ViewServer
def find_lanes(exhibit, find=Exhibit.lanes.func):
    time.sleep(0.5)
    return find(exhibit)
def serve_forever(server):
    raise KeyboardInterrupt
Exhibit.lanes = property(find_lanes)
ViewServer.serve_forever = serve_forever
atexit.register(time.sleep, 1)
from callbox.cli.main import main
sys.exit(main(["view", "kitchen.cbx", "--no-browser"]))
"""

    ending = kitchen.python("-c", script)

    assert (ending.code, ending.err) == (0, b"callbox: shown until Ctrl-C\n\n")


def test_static_file_is_for_its_owner_alone_and_replaces_the_one_before(kitchen) -> None:
    path = kitchen.write("out.html", "old")

    ending = kitchen.callbox("view", "kitchen.cbx", "--static", "out.html")

    assert (ending.code, ending.out) == (0, b"")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size < 8 << 20
    assert ending.err == b"wrote out.html: open it with a browser\n"
    assert [p.name for p in kitchen.folder.iterdir() if p.suffix == ".tmp"] == []


def test_static_file_that_cannot_be_written_is_one_line(kitchen) -> None:
    ending = kitchen.callbox("view", "kitchen.cbx", "--static", "missing/out.html")

    assert ending.code == 2
    assert ending.err == (
        b"callbox: error: cannot write 'missing/out.html': No such file or directory; choose another output\n"
    )


def test_port_that_is_taken_is_one_line(kitchen, start_view) -> None:
    with start_view("kitchen.cbx") as (_, address):
        port = address.split(":")[2].split("/")[0]
        ending = kitchen.callbox("view", "plain.cbx", "--no-browser", "--port", port)

    assert (ending.code, ending.out) == (2, b"")
    assert ending.err.startswith(f"callbox: error: cannot listen on port {port} (".encode())
    assert ending.err.count(b"\n") == 1


def test_port_can_be_chosen(start_view, kitchen) -> None:
    with start_view("kitchen.cbx") as (_, address):
        port = address.split(":")[2].split("/")[0]
    with start_view("kitchen.cbx", "--port", port) as (_, again):
        assert again.split(":")[2].split("/")[0] == port
        assert again != address


def test_box_that_is_not_there_and_box_of_nothing_end_with_their_codes(kitchen) -> None:
    kitchen.write("damaged.cbx", b"nothing of the kind")

    missing = kitchen.callbox("view", "missing.cbx", "--no-browser")
    damaged = kitchen.callbox("view", "kitchen.cbx", "damaged.cbx", "--no-browser")

    assert (missing.code, damaged.code) == (4, 4)
    assert (missing.err.count(b"\n"), damaged.err.count(b"\n")) == (1, 1)
