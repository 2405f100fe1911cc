"""What was recorded is there however the program ends, and the program ends as it would."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time

import pytest

from callbox.recording import open_recording
from callbox.recording.merge import KILLED, RUNNING

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

OWN = ("--include", "__main__", "--max-events", "65536")

ENDINGS = {
    "os_exit": "os._exit(3)",
    "killed": "os.kill(os.getpid(), 9)",
    "segfault": "ctypes.string_at(1)",
    "aborted": "os.abort()",
    "replaced": "os.execv(sys.executable, [sys.executable, '-I', '-c', 'print(1)'])",
}

HAMMER = """
import time
def work():
    pass
n = 0
while True:
    for _ in range(1000):
        work()
    n += 1000
    print(n, time.time_ns(), flush=True)
"""


@pytest.mark.parametrize("name", ENDINGS)
def test_no_call_is_lost_by_a_program_that_ends_without_python(desk, calls, name) -> None:
    source = f"import ctypes, os, sys\ndef work(): pass\nfor _ in range(100): work()\n{ENDINGS[name]}"

    expected = desk.python("-c", source)
    actual = desk.recorded(["-c", source], *OWN)

    assert actual == expected
    assert calls("work").total() == 100
    assert desk.recording().header.exit_status == KILLED
    assert desk.recording().header.command == ("-c", source)


@pytest.mark.parametrize("engine", ["setprofile", "auto"])
def test_kill_at_a_random_moment_loses_at_most_the_last_millisecond(desk, calls, engine) -> None:
    desk.write("hammer.py", HAMMER)
    command = ["run", "-q", *OWN, "--max-events", str(1 << 22), "--engine", engine, "--", "hammer.py"]
    with subprocess.Popen(
        [sys.executable, "-m", "callbox", *command],
        cwd=desk.folder,
        env=desk.environ,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        time.sleep(random.Random(engine).uniform(0.01, 0.2))
        process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().splitlines()

    counts = [tuple(map(int, line.split())) for line in lines if re.fullmatch(r"\d+ \d{19}", line)]
    last_ns = counts[-1][1]
    n_old = max((n for n, t_ns in counts if t_ns < last_ns - 1_000_000), default=0)
    [thread] = desk.recording().threads
    assert thread.n_events >= 2 * n_old > 0
    assert calls("work").total() >= min(n_old, 1 << 20)
    assert desk.recording().notes == (KILLED,)


def test_program_can_be_looked_at_while_it_runs(desk, calls, parts) -> None:
    source = "def work(): pass\nfor _ in range(9): work()\nprint(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-m", "callbox", "run", "-q", *OWN, "--", "-c", source],
        cwd=desk.folder,
        env=desk.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        n_calls = calls("work").total()
        status = desk.recording().header.exit_status
        process.communicate(b"\n")

    assert (n_calls, status) == (9, RUNNING)
    assert calls("work").total() == 9
    assert desk.recording().header.exit_status == "exit code 0"
    assert not parts.exists()


def test_arguments_of_a_killed_program_have_their_names(desk) -> None:
    source = "import os\ndef work(a, *b, c=1, **d): os._exit(0)\nwork(5, 6, e=7)"

    desk.recorded(["-c", source], *OWN, "--mode", "trace")

    assert desk.recording().values.arguments(1) == {"a": 5, "b": (6,), "c": 1, "d": {"e": 7}}


def test_parts_are_private(desk, parts) -> None:
    desk.recorded(["-c", "import os; os._exit(0)"], "--max-events", "1024")

    assert parts.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in parts.iterdir()} == {0o600}


def test_next_recording_begins_without_the_parts_of_the_last(desk, calls) -> None:
    desk.recorded(["-c", "import os\ndef old(): pass\nold(); os._exit(0)"], *OWN)

    desk.recorded(["-c", "import os\ndef new(): pass\nnew(); os._exit(0)"], *OWN)

    assert (calls("old").total(), calls("new").total()) == (0, 1)


def test_disk_without_room_keeps_the_recording_in_memory_and_says_so(desk, calls, parts) -> None:
    source = "def work(): pass\nwork()"
    desk.write(
        "box.py",
        "import sys, shutil\nfrom callbox.cli.main import main\n"
        "shutil.disk_usage = lambda path: shutil._ntuple_diskusage(0, 0, 0)\nsys.exit(main())",
    )

    ending = desk.python("box.py", "run", *OWN, "--", "-c", source)

    assert (ending.code, calls("work").total()) == (0, 1)
    assert b"No space left on device; the recording is in memory" in ending.err
    assert not parts.exists()


def test_damaged_parts_are_named(desk, calls, parts) -> None:
    desk.recorded(["-c", "import os\ndef work(): pass\nwork(); os._exit(0)"], *OWN)
    (parts / "9999999-1-0.ring").write_bytes(b"\x00" * 5000)

    assert calls("work").total() == 1
    assert any("'9999999-1-0.ring' is left out" in note for note in open_recording(desk.folder / "callbox.cbx").notes)
