"""A working folder that is gone, or that the process may not look into, as services have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.patience import TIMEOUT_S

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed there")

GONE = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
HIDDEN = 'mkdir -p hidden/work && cd hidden/work && chmod 0 .. && exec "$@"'
PROGRAMS = {
    "run": ["-m", "callbox", "run", "-q", "-o", "{out}/a.cbx", "--", "-c", "print('done')"],
    "tracer": ["-c", "from callbox import FunctionTracer\nwith FunctionTracer(): print('done')"],
    "unittest": ["-m", "callbox.failures", "{out}/say.py"],
}


RECORD = ["-m", "callbox", "record", "-q", "-s", "{out}/calls", "__main__.say", "--", "{out}/say.py"]


def run_in(folder: Path, way: str, words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run Python in the folder that some lines of shell lead to, without root's right to look everywhere."""
    blind = []
    if os.geteuid() == 0:
        rights = "-dac_override,-dac_read_search"
        blind = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
        if shutil.which("setpriv") is None:
            pytest.skip("root sees everything here")
    asked = [*blind, sys.executable, *(word.format(out=folder) for word in words)]
    (folder / "say.py").write_text("def say(): print('done')\nsay()\n")
    try:
        return subprocess.run(
            ["sh", "-c", way, "sh", *asked],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    finally:
        if (folder / "hidden").is_dir():
            (folder / "hidden").chmod(0o700)


@pytest.mark.parametrize("words", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("way", [GONE, HIDDEN], ids=["gone", "hidden"])
def test_program_is_recorded_wherever_it_works(tmp_path, way, words) -> None:
    ended = run_in(tmp_path, way, words)

    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr
    assert ended.stderr == ""


def test_calls_are_recorded_where_folders_are_hidden_and_refused_where_imports_would_fail(tmp_path) -> None:
    hidden = run_in(tmp_path, HIDDEN, RECORD)
    gone = run_in(tmp_path, GONE, RECORD)

    assert (hidden.returncode, hidden.stdout, hidden.stderr) == (0, "done\n", "")
    assert (gone.returncode, gone.stdout) == (2, "")
    assert gone.stderr == "callbox: error: the working folder is gone: change to one that is there\n"


@pytest.mark.parametrize("way", [GONE, HIDDEN], ids=["gone", "hidden"])
def test_what_is_asked_for_there_is_an_error_of_one_line(tmp_path, way) -> None:
    shown = run_in(tmp_path, way, ["-m", "callbox", "show", "a.cbx"])

    assert shown.returncode != 0
    assert shown.stderr.startswith("callbox: error: ")
    assert shown.stderr.count("\n") == 1


@pytest.mark.parametrize("way", [GONE, HIDDEN], ids=["gone", "hidden"])
def test_callbox_alone_says_what_it_can_do_there(tmp_path, way) -> None:
    alone = run_in(tmp_path, way, ["-m", "callbox"])

    assert (alone.returncode, alone.stderr) == (0, "")
    assert "Here:\n  engine" in alone.stdout


def test_recording_outlives_the_folder_that_its_program_removes(desk) -> None:
    leaves = "import os, tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)"

    for name, more in (("a.cbx", ()), ("b.cbx", ("--spill",))):
        ended = desk.callbox("run", "-q", "-o", name, *more, "--", "-c", leaves)

        assert (ended.code, ended.err) == (0, b"")
        assert sum(thread.n_events for thread in desk.recording(name).threads) > 0
