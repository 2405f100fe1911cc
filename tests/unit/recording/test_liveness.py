"""A process is there until it has ended, whoever has its id later."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from callbox.recording.liveness import is_running

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere an id is all there is")


def test_this_process_is_running() -> None:
    assert is_running(os.getpid(), time.monotonic_ns())


def test_id_that_no_process_has_is_not_running() -> None:
    assert not is_running((1 << 22) + 1, time.monotonic_ns())


def test_later_process_of_the_same_id_is_another() -> None:
    assert not is_running(os.getpid(), 1)


def test_process_of_an_earlier_boot_has_ended() -> None:
    assert not is_running(os.getpid(), time.monotonic_ns() + 3600 * 10**9)


def test_process_goes_on_however_the_wall_clock_is_set(monkeypatch) -> None:
    later_s = time.time() + 3600

    monkeypatch.setattr(time, "time", lambda: later_s)

    assert is_running(os.getpid(), time.monotonic_ns())


def test_process_that_was_asked_after_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    seen_ns = time.monotonic_ns()
    was_running = is_running(child.pid, seen_ns)

    child.communicate(b"\n")

    assert (was_running, is_running(child.pid, seen_ns)) == (True, False)


def test_process_that_nobody_has_waited_for_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"], stdout=subprocess.PIPE)
    child.stdout.read()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    was_running = is_running(child.pid, time.monotonic_ns())

    child.communicate()
    assert not was_running
