"""`python -m callbox.failures PROGRAM ...`: a program that runs unittest's tests, every failure of which is captured.

    python -m callbox.failures -m unittest discover
    python -m callbox.failures manage.py test --parallel
    python -m callbox.failures -m callbox.telemetry.unittest

PROGRAM is what stands after `python`: a file, or -m and a module. Its output, arguments and exit code are its own.
`CALLBOX_MODE` chooses what is recorded.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from callbox.errors import CallboxError, refuse
from callbox.failures.history import find_path
from callbox.failures.unittest_results import ResultWatch
from callbox.render.text import count


def main(words: list[str]) -> int:
    """Run a program. Its `SystemExit` passes through.

    Returns:
        2 if no program is named, or the mode is wrong; else 0.
    """
    if not words or words == ["-m"]:
        return refuse("name a program: python -m callbox.failures -m unittest discover")
    try:
        watch = ResultWatch()
    except CallboxError as error:
        return refuse(error)
    watch.install()
    try:
        _run(words)
    finally:
        watch.remove()
        if watch.problem:
            print(f"callbox: warning: {watch.problem}", file=sys.stderr)
        if watch.n_failures:
            kept = f"{count(watch.n_failures, 'failure')} kept in {find_path()}"
            print(f"callbox: {kept}: callbox failures list", file=sys.stderr)
    return 0


def _run(words: list[str]) -> None:
    if words[0] == "-m":
        sys.argv = words[1:]
        sys.path[0] = ""
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path[0] = str(Path(words[0]).absolute().parent)
        runpy.run_path(words[0], run_name="__main__")
