"""What processes that tests start tell of themselves, and the file that they tell it by."""

from __future__ import annotations

import os
import stat
import sys
import tempfile

import pytest

from callbox.telemetry import children
from callbox.telemetry.children import Children
from callbox.telemetry.network import Call

CALL = Call("connect", "192.0.2.1", 80, True, "http://192.0.2.1/", ("a.py:1 f",))
ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and process ids are those of POSIX")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def installed(folder):
    installed = Children("block", ())
    installed.install()
    yield installed
    installed.uninstall()


def test_run_whose_processes_tell_nothing_makes_no_file(installed, folder) -> None:
    assert installed.heard() == []

    assert list(folder.iterdir()) == []


@ON_POSIX
def test_first_to_tell_makes_a_file_for_its_owner_alone(installed, folder) -> None:
    installed.tell(CALL)

    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_told_is_heard_once(installed) -> None:
    installed.tell(CALL)
    first = installed.heard()
    installed.tell(CALL)
    installed.tell(CALL)

    assert first == [CALL.as_record()]
    assert installed.heard() == [CALL.as_record()] * 2
    assert installed.heard() == []


def test_run_that_is_over_leaves_no_file(installed, folder) -> None:
    installed.tell(CALL)
    installed.heard()

    installed.uninstall()

    assert list(folder.iterdir()) == []


@ON_POSIX
def test_link_in_the_place_of_the_file_is_not_followed(installed, folder, tmp_path_factory) -> None:
    stranger = tmp_path_factory.mktemp("stranger") / "file"
    stranger.write_text("")
    installed.tell(CALL)
    (path,) = folder.iterdir()
    path.unlink()
    path.symlink_to(stranger)

    installed.tell(CALL)

    assert installed.heard() == []
    assert stranger.read_text() == ""


@ON_POSIX
def test_process_that_outlives_the_run_leaves_no_file(folder) -> None:
    ended = os.fork()
    if ended == 0:
        os._exit(0)
    os.waitpid(ended, 0)

    children._tell({"owner": ended, "told": str(folder / "told")}, CALL)

    assert list(folder.iterdir()) == []
