"""Where a program begins and how it ended, seen from a fresh interpreter that executes `__main__` itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

PREPARE = """
import sys
from callbox.engine.entry import call_at_entry, describe_outcome

def execute(source, module="__main__"):
    exec(compile(source, "<program>", "exec"), {"__name__": module, "print": print})
"""


def run(source: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PREPARE + source]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_begin_is_called_once_before_the_first_instruction_of_main() -> None:
    result = run("""
call_at_entry(lambda: print("begin"))
execute("print('another module')", "other")
execute("print('first')")
execute("print('second')")
""")

    assert result.stdout.splitlines() == ["another module", "begin", "first", "second"]


def test_only_one_program_can_be_awaited() -> None:
    result = run("call_at_entry(print)\ncall_at_entry(print)\n")

    assert result.stderr.splitlines()[-1] == "RuntimeError: an entry is awaited already"


def test_begin_that_fails_is_reported_and_the_program_runs() -> None:
    result = run("call_at_entry(lambda: 1 / 0)\nexecute(\"print('ran')\")\n")

    assert result.stdout == "ran\n"
    assert "Exception ignored in" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("ZeroDivisionError")


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("pass", "exit code 0"),
        ("raise SystemExit(3)", "exit code 3"),
        ("raise SystemExit(-1)", "exit code 255"),
        ("raise SystemExit(True)", "exit code 1"),
        ("raise SystemExit(1 << 70)", "exit code 255"),
        ("raise SystemExit('text')", "exit code 1: text"),
        ("raise SystemExit", "exit code 0"),
        ("raise SystemExit(1, 2)", "exit code 1"),
        ("class Quit(SystemExit): pass\nraise Quit(4)", "exit code 4"),
        ("raise KeyError('k')", "raised KeyError"),
    ],
)
def test_outcome_is_told_in_words(source, status) -> None:
    result = run(f"""
call_at_entry(lambda: None)
print(repr(describe_outcome()))
try:
    execute({source!r})
except BaseException:
    pass
print(describe_outcome())
""")

    assert result.stdout.splitlines() == ["''", status]


def test_exception_that_left_main_is_not_kept_alive() -> None:
    result = run("""
import weakref
class Error(Exception):
    def __init__(self):
        global seen
        seen = weakref.ref(self)
call_at_entry(lambda: None)
try:
    exec(compile("raise Error", "<program>", "exec"), {"__name__": "__main__", "Error": Error})
except Error:
    pass
print(seen())
""")

    assert result.stdout == "None\n"
