"""A program is recorded alike in whatever process it runs, and by every engine as by the oracle."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.conformance.sequence import read_sequence

from callbox.recording import open_recording

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

HERE = Path(__file__).parent
PROGRAM = "signals_nested"
"""Calls, generators, exceptions, context managers and callbacks of C, one after another, in one thread."""

RUN = f"import {PROGRAM}; {PROGRAM}.main()"
WAYS = {
    "alone": RUN,
    "fork": f"""
        import {PROGRAM}, os
        if os.fork() == 0:
            {PROGRAM}.main()
            os._exit(0)
        os.wait()
    """,
    "fork_in_a_call": f"""
        import {PROGRAM}, os
        def start():
            if os.fork() == 0:
                {PROGRAM}.main()
                raise SystemExit
            os.wait()
        start()
    """,
    "multiprocessing_fork": f"""
        import {PROGRAM}, multiprocessing
        process = multiprocessing.get_context("fork").Process(target={PROGRAM}.main)
        process.start()
        process.join()
    """,
    "multiprocessing_spawn": f"""
        import {PROGRAM}, multiprocessing
        if __name__ == "__main__":
            process = multiprocessing.get_context("spawn").Process(target={PROGRAM}.main)
            process.start()
            process.join()
    """,
    "multiprocessing_forkserver": f"""
        import {PROGRAM}, multiprocessing
        if __name__ == "__main__":
            process = multiprocessing.get_context("forkserver").Process(target={PROGRAM}.main)
            process.start()
            process.join()
    """,
    "subprocess": f"import subprocess, sys; subprocess.run([sys.executable, '-c', {RUN!r}], check=True)",
    "exec": f"import os, sys; os.execv(sys.executable, [sys.executable, '-c', {RUN!r}])",
    "os_exit": f"{RUN}; import os; os._exit(0)",
    "sigterm": f"{RUN}; import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "sigkill": f"{RUN}; import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "abort": f"{RUN}; import os; os.abort()",
    "segfault": f"{RUN}; import ctypes; ctypes.string_at(1)",
    "uncaught": f"{RUN}; 1 / 0",
}


@pytest.fixture
def record_process(tmp_path: Path) -> Callable[..., list[list[str]]]:
    """Run a script under `callbox run`; return what each thread of its processes did in the program."""

    def record_process(script: str, engine: str, *options: str) -> list[list[str]]:
        (tmp_path / "script.py").write_text(dedent(script), encoding="utf-8")
        command = ["-m", "callbox", "run", "-q", "--engine", engine, "--include", PROGRAM, *options]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join((str(HERE / "programs"), *sys.path))}
        subprocess.run(
            [sys.executable, *command, "--", "script.py"],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            timeout=120,
            check=False,
        )
        wait_until_finished(tmp_path / "callbox.cbx.parts", is_collected="--spill" in options)
        capture = open_recording(tmp_path / "callbox.cbx").capture
        threads = [read_sequence(capture, thread, PROGRAM) for thread in capture.threads]
        return [steps for steps in threads if len(steps) > 2]

    return record_process


def wait_until_finished(parts: Path, *, is_collected: bool) -> None:
    deadline_s = time.monotonic() + 30
    while is_collected and parts.exists():
        assert time.monotonic() < deadline_s, "the collector leaves files"
        time.sleep(0.02)


def body(steps: list[str]) -> list[str]:
    """Leave out the module's own code, which runs before the oracle begins."""
    return steps[steps.index("call main") : len(steps) - steps[::-1].index("return main")]


@pytest.mark.parametrize("way", WAYS)
def test_process_records_what_the_oracle_records(way, engine, record, record_process) -> None:
    expected: Any = record("oracle", PROGRAM)

    recorded = record_process(WAYS[way], engine)

    assert [body(steps) for steps in recorded if "call main" in steps] == [body(expected.main)]


@pytest.mark.parametrize("way", ["alone", "fork", "multiprocessing_spawn", "sigkill"])
def test_collected_process_records_what_the_oracle_records(way, engine, record, record_process) -> None:
    expected: Any = record("oracle", PROGRAM)

    recorded = record_process(WAYS[way], engine, "--spill")

    assert [body(steps) for steps in recorded if "call main" in steps] == [body(expected.main)]
