"""A box's place is taken before its program begins, or refused."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.support.captures import make_header

from callbox.errors import ConfigError
from callbox.recording import open_recording, reserve_box


def test_reserved_box_says_that_the_program_did_not_end(tmp_path) -> None:
    path = tmp_path / "run.cbx"

    reserve_box(path, make_header())

    recording = open_recording(path)
    assert not recording.header.is_complete
    assert recording.header.command == ("script.py", "--flag")
    assert (recording.n_events, recording.damage) == (0, ())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/run.cbx", "No such file or directory"),
        (".", "it is a folder"),
        ("pipe", "it is no regular file"),
        ("notes.txt", "a file that is no box stands there"),
        ("notes.txt/run.cbx", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("nul\0.cbx", "embedded null"),
    ],
)
def test_path_that_cannot_be_a_box_is_refused_before_the_program_starts(tmp_path, name, reason) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ConfigError, match=rf"cannot write the box .*: {reason}.*; choose another path"):
        reserve_box(tmp_path / name, make_header())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_forbids_writing_is_refused(tmp_path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(ConfigError, match="Permission denied"):
        reserve_box(tmp_path / "run.cbx", make_header())


def test_place_is_taken_without_what_reads_recordings(tmp_path) -> None:
    code = (
        "import sys; from callbox.engine import Options, new_recorder; from callbox.recording import reserve_box;"
        "from callbox.recording.parts import find_parts; from pathlib import Path;"
        "reserve_box(sys.argv[1], new_recorder(Options()).header); find_parts(Path(sys.argv[1]));"
        "print('numpy' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "run.cbx")]

    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert result.stdout == "False\n"
