"""Processes started in other ways while a recording runs: `subprocess`, a spawned process, `os.system`."""

import multiprocessing
import os
import subprocess
import sys


def run(*words):
    return subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def talk():
    with subprocess.Popen([sys.executable, "-c", "print(input())"], stdin=-1, stdout=-1, text=True) as child:
        return note(child.communicate("hello\n")[0])


def spawn():
    child = multiprocessing.get_context("spawn").Process(target=note, args=(1,))
    child.start()
    child.join()
    return child.exitcode


def note(value):
    return value


def fail():
    try:
        subprocess.run(["/nowhere/at/all"], check=False)
    except OSError:
        return note("no such program")


def main():
    assert run(sys.executable, "-c", "raise SystemExit(3)") == 3
    assert run(sys.executable, "-c", "import os; os._exit(4)") == 4
    assert talk() == "hello\n"
    assert spawn() == 0
    assert os.system("exit 0") == 0
    fail()
