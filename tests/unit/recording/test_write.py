from __future__ import annotations

import errno
import os
import stat

import pytest
from tests.support.captures import CaptureBuilder, make_header

from callbox.errors import RecordingError
from callbox.recording import open_recording, reserve_box, write_box


def test_box_is_readable_by_its_owner_alone(small_box) -> None:
    assert stat.S_IMODE(small_box.stat().st_mode) == 0o600


def test_box_stands_alone_in_its_folder(small_box) -> None:
    assert list(small_box.parent.iterdir()) == [small_box]


def test_functions_that_do_not_occur_are_left_out(small_box) -> None:
    names = [function.name for function in open_recording(small_box).capture.functions]

    assert names == ["main", "work", "numbers", "fails"]


def test_call_takes_a_few_bytes(tmp_path) -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    thread = builder.thread()
    empty = tmp_path / "empty.cbx"
    write_box(builder.build(), empty)
    [thread.call(main).ret(main) for _ in range(40_000)]
    full = tmp_path / "full.cbx"
    write_box(builder.build(), full)

    size = full.stat().st_size - empty.stat().st_size

    assert size / 40_000 < 4


def test_write_says_how_many_events_are_in_the_box(small_capture, tmp_path) -> None:
    n_events = write_box(small_capture, tmp_path / "run.cbx")

    assert n_events == open_recording(tmp_path / "run.cbx").n_events


def test_write_replaces_an_older_box(small_capture, tmp_path) -> None:
    path = tmp_path / "run.cbx"
    write_box(CaptureBuilder().build(), path)

    write_box(small_capture, path)

    assert open_recording(path).n_events == 12


def test_write_follows_a_link_to_the_box(small_capture, tmp_path) -> None:
    target = tmp_path / "real.cbx"
    link = tmp_path / "link.cbx"
    link.symlink_to(target)

    write_box(small_capture, link)

    assert link.is_symlink()
    assert open_recording(target).n_events == 12


def test_failed_write_leaves_the_older_box_and_no_temporary_file(small_capture, tmp_path, monkeypatch) -> None:
    path = tmp_path / "run.cbx"
    reserve_box(path, make_header())
    before = path.read_bytes()

    def disk_is_full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_is_full)

    with pytest.raises(RecordingError, match=r"cannot write the box '.*run\.cbx': No space left on device"):
        write_box(small_capture, path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_file_that_is_no_box_is_not_overwritten(small_capture, tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text("print('precious')")

    with pytest.raises(RecordingError, match="a file that is no box stands there"):
        write_box(small_capture, script)

    assert script.read_text() == "print('precious')"


def test_empty_file_is_overwritten(small_capture, tmp_path) -> None:
    path = tmp_path / "made-by-mktemp"
    path.touch()

    write_box(small_capture, path)

    assert open_recording(path).n_events == 12
