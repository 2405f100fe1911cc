"""The files of a folder of parts, by process; what is none of theirs is named."""

from __future__ import annotations

import os
import time

import pytest
from tests.support.parts import ENDED_PROCESS, RingFile, slot, write_log

from callbox.model import EventKind
from callbox.recording.parts import discard_parts, find_parts, make_parts_folder, parts_folder

CALL = RingFile([slot(EventKind.CALL, 1)])


def test_parts_lie_beside_the_box_itself(tmp_path) -> None:
    (tmp_path / "link.cbx").symlink_to(tmp_path / "real.cbx")

    assert parts_folder(tmp_path / "link.cbx") == tmp_path.resolve() / "real.cbx.parts"


def test_processes_come_in_the_order_in_which_they_began(tmp_path) -> None:
    CALL.replace(process_id=5).write(tmp_path, nonce=0x20)
    CALL.replace(process_id=9).write(tmp_path, nonce=0xF)

    assert [parts.process_id for parts in find_parts(tmp_path)[0]] == [9, 5]


def test_rings_come_in_the_order_in_which_they_were_made(tmp_path) -> None:
    [CALL.write(tmp_path, number) for number in (10, 9, 0)]

    [parts] = find_parts(tmp_path)[0]

    assert [path.name.partition("-1-")[2] for path in parts.rings] == ["0.ring", "9.ring", "10.ring"]


def test_folder_that_is_not_there_has_no_parts(tmp_path) -> None:
    assert find_parts(tmp_path / "none") == ((), ())


def test_foreign_file_is_named(tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    assert find_parts(tmp_path) == ((), ("'notes.txt' among the parts is no file of callbox's",))


def test_processes_that_ended_are_told_from_those_that_run(tmp_path) -> None:
    CALL.write(tmp_path, nonce=1)
    CALL.replace(process_id=os.getpid()).write(tmp_path, nonce=time.monotonic_ns())

    assert [parts.is_running for parts in find_parts(tmp_path)[0]] == [False, True]


def test_processes_are_told_apart_by_when_they_began_and_not_by_times_of_files(tmp_path) -> None:
    earlier = CALL.replace(process_id=os.getpid()).write(tmp_path, nonce=1)
    running = CALL.replace(process_id=os.getpid()).write(tmp_path, nonce=time.monotonic_ns())
    os.utime(earlier, (1 << 40, 1 << 40))
    os.utime(running, (0, 0))

    assert [parts.is_running for parts in find_parts(tmp_path)[0]] == [False, True]


def test_last_parts_take_the_folder_with_them(tmp_path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    CALL.write(folder, nonce=1)
    write_log(folder, nonce=2)
    first, second = find_parts(folder)[0]

    discard_parts(folder, [first])
    assert [path.name for path in folder.iterdir()] == [f"{ENDED_PROCESS}-2.functions"]
    discard_parts(folder, [second])
    assert not folder.exists()


def test_foreign_files_are_never_deleted(tmp_path) -> None:
    CALL.write(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")

    discard_parts(tmp_path, find_parts(tmp_path)[0])

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_folder_is_private(tmp_path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir(mode=0o755)

    make_parts_folder(folder, ring_bytes=8)

    assert folder.stat().st_mode & 0o777 == 0o700


def test_disk_without_room_for_a_ring_is_refused(tmp_path) -> None:
    with pytest.raises(OSError, match="No space left"):
        make_parts_folder(tmp_path / "parts", ring_bytes=1 << 62)
