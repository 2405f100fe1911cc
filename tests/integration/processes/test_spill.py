"""With a collector beside it a recording keeps everything, whatever becomes of program, collector and disk."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from tests.support.desk import Desk

from callbox.recording.merge import KILLED, RUNNING
from callbox.values.frozen import Opaque

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no collector there")

OWN = ("--include", "__main__", "--spill", "--max-events", "4096")
N_CALLS = 50_000
MANY = f"def work(n): return n\nfor n in range({N_CALLS}): work(n)\n"
ENDLESS = """
import itertools
def work(n): return n
print(flush=True)
for n in itertools.count(): work(n)
"""


@contextlib.contextmanager
def running(desk: Desk, source: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A recorded program that has printed its first line."""
    with subprocess.Popen(
        [sys.executable, "-m", "callbox", "run", "-q", *OWN, *options, "--", "-c", dedent(source)],
        cwd=desk.folder,
        env=desk.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        yield process


def wait_until_finished(parts: Path) -> None:
    deadline_s = time.monotonic() + 30
    while parts.exists():
        assert time.monotonic() < deadline_s, "the collector leaves files"
        time.sleep(0.02)


def wait_until_gone(parts: Path) -> None:
    deadline_s = time.monotonic() + 30
    with contextlib.suppress(LookupError):
        while find_collector(parts):
            assert time.monotonic() < deadline_s, "the collector stays"
            time.sleep(0.02)


def find_collector(parts: Path) -> int:
    """Find the process whose command line names a folder of parts."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes()
            if str(parts).encode() in words and b"collect" in words:
                return int(path.parent.name)
    raise LookupError("there is no collector")


def test_more_calls_than_a_ring_holds_are_all_kept(desk, calls, parts) -> None:
    ending = desk.recorded(["-c", MANY], *OWN)

    recording = desk.recording()
    assert (ending.code, ending.out, ending.err) == (0, b"", b"")
    assert calls("work").total() == N_CALLS
    assert (recording.dropped, recording.damage, recording.notes) == (0, (), ())
    assert recording.header.exit_status == "exit code 0"
    assert (desk.folder / "callbox.cbx").stat().st_size <= 3 * recording.n_events
    assert [thread.name for thread in recording.threads] == ["MainThread"]
    assert not parts.exists()


def test_memory_of_the_program_stays_as_it_is(desk) -> None:
    source = """
        from pathlib import Path
        def work(n): return n
        def resident(): return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
        for n in range(100_000): work(n)
        before = resident()
        for n in range(400_000): work(n)
        print(resident() - before)
    """

    ending = desk.recorded(["-c", dedent(source)], *OWN)

    assert desk.recording().n_events > 1_000_000
    assert int(ending.out) < 1 << 20


def test_summary_counts_what_the_box_holds(desk) -> None:
    ending = desk.callbox("run", *OWN, "--", "-c", MANY)

    assert ending.err == f"callbox: {2 * N_CALLS + 2:,} events, 0 dropped -> callbox.cbx\n".encode()


def test_values_of_all_calls_are_kept(desk) -> None:
    source = "def work(n, text): return text\nfor n in range(20_000): work(n, f'number {n}')\n"

    desk.recorded(["-c", source], *OWN, "--mode", "trace")

    recording = desk.recording()
    arguments = [recording.values.arguments(row) for row in range(1, 20_001)]
    kept = [n for n, values in enumerate(arguments) if values == {"n": n, "text": f"number {n}"}]
    named = [n for n, values in enumerate(arguments) if isinstance(values["text"], Opaque) and values["n"] == n]
    assert sorted(kept + named) == list(range(20_000))  # values that cost too much of the time are only named
    assert kept
    assert (recording.dropped, recording.damage) == (0, ())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pool_loses_no_call(desk, calls, parts, method) -> None:
    source = """
        import multiprocessing, sys
        def step(n): return n
        def work(n):
            return sum(step(i) for i in range(3000))
        if __name__ == "__main__":
            with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                print(sum(pool.map(work, range(8), chunksize=1)))
    """
    desk.write("script.py", dedent(source))

    ending = desk.recorded(["script.py", method], *OWN)

    wait_until_finished(parts)
    assert (ending.code, ending.err) == (0, b"")
    assert (calls("work").total(), calls("step").total()) == (8, 24_000)
    assert desk.recording().dropped == 0


def test_threads_one_after_another_are_all_kept(desk, calls, parts) -> None:
    source = """
        import threading
        def work(): pass
        for _ in range(300):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    """

    desk.recorded(["-c", dedent(source)], *OWN)

    assert calls("work").total() == 300
    assert not parts.exists()


def test_killed_program_has_its_box_finished(desk, calls, parts) -> None:
    desk.recorded(["-c", f"{MANY}import os; os.kill(os.getpid(), 9)"], *OWN)

    wait_until_finished(parts)
    wait_until_gone(parts)

    recording = desk.recording()
    assert calls("work").total() == N_CALLS
    assert (recording.dropped, recording.damage) == (0, ())
    assert (recording.header.exit_status, recording.notes) == (KILLED, (KILLED,))


def test_program_can_be_looked_at_while_it_runs(desk, calls) -> None:
    source = "for n in range(30_000): work(n)"
    with running(desk, f"def work(n): return n\n{source}\nprint(flush=True); input()") as process:
        n_calls = calls("work").total()
        recording = desk.recording()
        process.communicate(b"\n")

    assert n_calls == 30_000
    assert (recording.dropped, recording.damage, recording.header.exit_status) == (0, (), RUNNING)
    assert calls("work").total() == 30_000


def test_program_goes_on_when_its_collector_is_killed(desk, calls, parts) -> None:
    with running(desk, f"def work(n): return n\nprint(flush=True); input()\n{MANY}print(1)") as process:
        os.kill(find_collector(parts), signal.SIGKILL)
        out, err = process.communicate(b"\n")

    recording = desk.recording()
    n_calls = calls("work").total()
    assert (process.returncode, out) == (0, b"1\n")
    assert b"the box is not finished: the collector was killed" in err
    assert 2000 <= n_calls < N_CALLS
    assert recording.dropped == 2 * N_CALLS + 2 - recording.n_events


def test_collector_is_nobodys_child_and_ctrl_c_does_not_reach_it(desk, parts) -> None:
    with running(desk, ENDLESS) as program:
        collector = find_collector(parts)
        parent = int(Path(f"/proc/{collector}/stat").read_text().rpartition(") ")[2].split()[1])
        groups = {os.getpgid(each) for each in (program.pid, collector)}
        sessions = {os.getsid(each) for each in (program.pid, collector)}
        program.kill()

    assert parent not in (program.pid, os.getpid())
    assert (len(groups), len(sessions)) == (2, 2)
    wait_until_finished(parts)


def test_child_that_outlives_the_program_goes_on_without_a_collector(desk, calls) -> None:
    source = """
        import os
        def work(): pass
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(writing)
            work()
            os.read(reading, 1)
            for _ in range(9000): work()
            os._exit(0)
        work()
        os.set_inheritable(writing, True)
        os.dup2(writing, 9)
    """

    ending = desk.callbox("run", *OWN, "--", "-c", dedent(source))

    assert ending.code == 0
    assert b"1 of its processes still run" in ending.err
    assert calls("work").total() >= 2


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]).returncode:
        pytest.skip("only root can mount a small disk, and not everywhere")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


BUSY = """
import random
def work(n): return n
def walk(n):
    for _ in range(random.randrange(9)): work(n)
for n in range(60_000): walk(n)
print(n)
"""


def test_program_goes_on_when_the_disk_is_full(small_disk) -> None:
    desk = Desk.at(small_disk)
    with (small_disk / "filler").open("wb") as filler:
        filler.write(bytes(1_700_000))

    ending = desk.callbox("run", *OWN, "--", "-c", BUSY)

    recording = desk.recording()
    assert (ending.code, ending.out) == (0, b"59999\n")
    assert b"No space left on device" in ending.err
    assert recording.n_events > 10_000
    assert recording.dropped > 0
