"""A collector moves what processes have left into one box, and leaves nothing beside it."""

from __future__ import annotations

import dataclasses
import os
import time

import msgspec
import pytest
from tests.support.captures import make_header
from tests.support.parts import ENDED_PROCESS, LOAD, SAVE, call, write_log

from callbox.recording import Recording, open_recording
from callbox.recording.collector import Collector, Ending
from callbox.recording.journal import Journal
from callbox.recording.merge import KILLED
from callbox.recording.parts import ENDING

HEADER = dataclasses.replace(make_header(), is_complete=False, process_id=ENDED_PROCESS)


@pytest.fixture
def collect(tmp_path, folder):
    """Collect until the program has ended; return what the collector says, and the box."""

    def collect():
        path = tmp_path / "box.cbx"
        status = Collector(folder, Journal(path, HEADER), HEADER).run()
        return status, open_recording(path)

    return collect


def names(recording: Recording) -> list[str]:
    return [recording.functions[code].name for code in recording.tree.calls["code"].tolist()]


def test_program_that_was_killed_has_its_box_finished(folder, collect) -> None:
    call(1).write(folder)
    write_log(folder, LOAD)

    status, recording = collect()

    assert (status.is_finished, status.n_events, status.n_dropped, status.n_running) == (True, 2, 0, 0)
    assert names(recording) == ["load"]
    assert (recording.damage, recording.notes) == ((), (KILLED,))
    assert list(folder.iterdir()) == []


def test_functions_of_several_processes_share_a_table(folder, collect) -> None:
    call(1).write(folder, nonce=1)
    write_log(folder, LOAD, nonce=1)
    call(1).replace(ident=12).write(folder, nonce=2)
    write_log(folder, dataclasses.replace(SAVE, id=1), nonce=2)

    _, recording = collect()

    assert names(recording) == ["load", "save"]


def test_thread_that_ended_leaves_no_file_while_its_process_goes_on(folder, collect) -> None:
    nonce = time.monotonic_ns()
    ended = call(1).replace(process_id=os.getpid(), has_ended=True).write(folder, 0, nonce)
    running = call(1).replace(process_id=os.getpid(), ident=12).write(folder, 1, nonce)
    write_log(folder, LOAD, process_id=os.getpid(), nonce=nonce)
    header = dataclasses.replace(make_header(), process_id=ENDED_PROCESS)
    (folder / ENDING).write_bytes(msgspec.json.encode(Ending(header)))

    status, recording = collect()

    assert (ended.exists(), running.exists()) == (False, True)
    assert names(recording) == ["load", "load"]
    assert status.n_running == 1


def test_threads_have_their_names(folder, collect) -> None:
    call(1).replace(thread_name="Küche".encode()).write(folder)
    write_log(folder, LOAD)

    _, recording = collect()

    assert [thread.name for thread in recording.threads] == ["Küche"]


def test_program_that_ended_says_how(folder, collect) -> None:
    call(1).write(folder)
    write_log(folder, LOAD)
    header = dataclasses.replace(make_header(), process_id=ENDED_PROCESS, exit_status="exit code 3")
    (folder / ENDING).write_bytes(msgspec.json.encode(Ending(header)))

    status, recording = collect()

    assert recording.header.is_complete
    assert recording.header.exit_status == "exit code 3"
    assert status.notes == header.notes


def test_process_that_goes_on_keeps_its_files(folder, collect) -> None:
    path = call(1).replace(process_id=os.getpid()).write(folder, nonce=time.monotonic_ns())
    (folder / ENDING).write_bytes(
        msgspec.json.encode(Ending(dataclasses.replace(make_header(), process_id=ENDED_PROCESS)))
    )

    status, _ = collect()

    assert status.n_running == 1
    assert path.exists()


def test_process_that_ended_shortly_before_the_program_leaves_no_file(folder, collect) -> None:
    call(1).replace(process_id=ENDED_PROCESS + 1).write(folder)
    write_log(folder, LOAD, process_id=ENDED_PROCESS + 1)
    header = dataclasses.replace(make_header(), process_id=ENDED_PROCESS)
    (folder / ENDING).write_bytes(msgspec.json.encode(Ending(header)))

    status, recording = collect()

    assert status.n_running == 0
    assert names(recording) == ["load"]
    assert [path.name for path in folder.iterdir()] == [ENDING]


def test_damaged_ring_is_named_and_left(folder, collect) -> None:
    path = call(1).replace(room=0).write(folder)

    status, recording = collect()

    assert status.is_finished
    assert any("is damaged" in note for note in recording.notes)
    assert path.exists()
