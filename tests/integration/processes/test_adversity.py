"""Whatever becomes of disk, files, clock and threads, the program goes on, and the recording says what it lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.desk import Desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

OWN = ("--include", "__main__")
N_THREADS = 500
N_MANY = 1500

THREADS = """
import sys, threading
def work(n): return n
for n in range(int(sys.argv[1])):
    thread = threading.Thread(target=work, args=(n,))
    thread.start()
    thread.join()
"""

MANY_THREADS = f"""
import os, sys, time
sys.argv[1:] = ["{N_MANY}"]
{THREADS}
"""

BUSY = """
import sys
def work(n): return n
for n in range(int(sys.argv[1])): work(n)
print("done")
"""


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Desk]:
    """A file system of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]).returncode:
        pytest.skip("only root can mount a small disk, and not everywhere")
    yield Desk.at(folder)
    subprocess.run(["umount", "-l", folder], check=True)


def test_threads_one_after_another_cost_little_and_lose_nothing(desk, calls) -> None:
    ending = desk.recorded(["-c", THREADS, str(N_THREADS)], *OWN)

    assert ending.code == 0
    assert calls("work").total() == N_THREADS
    assert desk.recording().dropped == 0


def test_endless_threads_keep_the_newest_and_count_the_rest(desk, parts) -> None:
    source = f"{MANY_THREADS}\nprint(len(os.listdir({str(parts)!r})))"

    ending = desk.recorded(["-c", source], *OWN)

    recording = desk.recording()
    assert int(ending.out) < 1024 + 64
    assert recording.n_events + recording.dropped == 2 * N_MANY + 2
    assert 2 * (N_MANY - 1024 - 64) < recording.dropped <= 2 * (N_MANY - 1024)
    assert any(thread.name.endswith("threads that had ended") for thread in recording.threads)


def test_endless_threads_of_a_killed_program_are_counted(desk) -> None:
    desk.recorded(["-c", f"{MANY_THREADS}\nos.kill(os.getpid(), 9)"], *OWN)

    recording = desk.recording()
    assert recording.n_events + recording.dropped == 2 * N_MANY + 1
    assert 0 < recording.dropped < 2 * N_MANY


def test_spilling_loses_none_of_endless_threads_and_keeps_no_file_for_each(desk, parts, calls) -> None:
    source = f"{MANY_THREADS}\ntime.sleep(1)\nprint(len(os.listdir({str(parts)!r})))"

    ending = desk.recorded(["-c", source], *OWN, "--spill")

    assert int(ending.out) < 64
    assert calls("work").total() == N_MANY
    assert desk.recording().dropped == 0


def test_ring_that_finds_no_room_to_grow_keeps_the_newest(small_disk) -> None:
    source = f"open('filler', 'wb').write(bytes(2_800_000))\n{BUSY}"

    ending = small_disk.recorded(["-c", source, "200000"], *OWN, "--max-events", "65536", "-o", "box.cbx")

    recording = small_disk.recording("box.cbx")
    assert (ending.code, ending.out) == (0, b"done\n")
    assert 2 * 512 <= recording.n_events < 65536
    assert recording.n_events + recording.dropped == 2 * 200_000 + 2


def test_disk_that_fills_up_while_threads_begin_is_said(small_disk) -> None:
    source = f"open('filler', 'wb').write(bytes(2_600_000))\n{THREADS}print('done')"

    ending = small_disk.callbox("run", *OWN, "-o", "box.cbx", "--max-events", "1024", "--", "-c", source, "200")

    assert (ending.code, ending.out) == (0, b"done\n")
    assert b"their calls are missing" in ending.err or b"cannot write the box" in ending.err


def test_folder_deleted_while_recording_loses_only_what_needed_it(desk, parts) -> None:
    source = f"import shutil\nshutil.rmtree({str(parts)!r})\n{BUSY}"

    ending = desk.callbox("run", *OWN, "--", "-c", source, "3000")

    recording = desk.recording()
    assert (ending.code, ending.out) == (0, b"done\n")
    assert recording.n_events + recording.dropped == 2 * 3000 + 2
    assert recording.header.exit_status == "exit code 0"


def test_box_deleted_while_recording_is_written_again(desk, calls) -> None:
    desk.recorded(["-c", f"import os; os.unlink('callbox.cbx')\n{BUSY}", "50"], *OWN)

    assert calls("work").total() == 50


def test_read_only_disk_is_refused_before_the_program(small_disk) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk.folder], check=True)

    ending = small_disk.callbox("run", "-o", "box.cbx", "--", "-c", "print('never')")

    assert (ending.code, ending.out) == (2, b"")
    assert b"box.cbx': Read-only file system; choose another path" in ending.err


@pytest.mark.parametrize("way", ["read_only", "missing"])
def test_folder_that_cannot_be_written_is_refused_before_the_program(desk, way) -> None:
    folder = Path("/proc/self" if way == "read_only" else "/nowhere")

    ending = desk.callbox("run", "-o", str(folder / "box.cbx"), "--", "-c", "print('never')")

    assert (ending.code, ending.out) == (2, b"")
    assert b"cannot write the box" in ending.err
    assert ending.err.count(b"\n") == 1
