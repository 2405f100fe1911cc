"""Benchmarks that end badly, each in its own way."""

from __future__ import annotations

import ctypes
import os
import sys
import time


def time_raises():
    raise ValueError("a benchmark that raises")


def time_segfault():
    ctypes.string_at(0)


def time_exit():
    os._exit(3)


def time_forever():
    while True:
        time.sleep(0.01)


time_forever.timeout = 1.0


def time_hungry():
    return len(bytearray(3 << 30))


def time_noisy():
    for _ in range(2000):
        sys.stdout.write("x" * 65536)
    return 1


def time_fork_left_behind():
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    return 2
