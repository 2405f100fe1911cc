"""Several processes become one recording: one table of functions, one clock, the threads of all."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest
from tests.support.captures import CaptureBuilder
from tests.support.parts import (
    ENDED_PROCESS,
    FIRST_EPOCH_NS,
    FIRST_MONOTONIC_NS,
    FIRST_TICKS,
    LOAD,
    SAVE,
    RingFile,
    call,
    function,
    slot,
    write_log,
)

from callbox.errors import RecordingError
from callbox.model import ArenaCapture, Capture, EventKind, Function
from callbox.recording import Recording, open_recording, reserve_box, write_box
from callbox.recording.merge import KILLED, RUNNING, BoxContents, add_parts, merge_ended, read_parts


@pytest.fixture
def reserved():
    """What a box holds whose program has not closed it."""
    capture = CaptureBuilder().build()
    early = dataclasses.replace(
        capture.header.started,
        ticks=FIRST_TICKS - 9_000,
        monotonic_ns=FIRST_MONOTONIC_NS - 9_000,
        epoch_ns=FIRST_EPOCH_NS - 9_000,
    )
    header = dataclasses.replace(
        capture.header, started=early, ended=early, is_complete=False, process_id=ENDED_PROCESS
    )
    return dataclasses.replace(capture, header=header, functions=(), threads=())


def complete(capture: Capture, folder: Path, *sources: tuple[str, int]) -> Capture:
    return add_parts(BoxContents(capture, sources=sources), read_parts(folder))


def names(recording: Recording) -> list[str]:
    return [recording.functions[code].name for code in recording.tree.calls["code"].tolist()]


def test_killed_program_is_read_from_its_parts(folder, reserved) -> None:
    call(1).write(folder)
    write_log(folder, LOAD)

    recording = Recording(complete(reserved, folder))

    assert names(recording) == ["load"]
    assert recording.header.exit_status == KILLED
    assert recording.notes == (KILLED,)


def test_times_follow_from_the_clocks_of_the_rings(folder, reserved) -> None:
    call(1).write(folder)
    write_log(folder, LOAD)

    recording = Recording(complete(reserved, folder))

    assert recording.events["t_ns"].tolist() == [FIRST_EPOCH_NS + 100, FIRST_EPOCH_NS + 900]
    assert recording.duration_ns == 900


def test_functions_of_several_processes_share_a_table(folder, reserved) -> None:
    call(1).write(folder, nonce=1)
    write_log(folder, LOAD, nonce=1)
    call(1).replace(ident=12).write(folder, nonce=2)
    write_log(folder, dataclasses.replace(SAVE, id=1), dataclasses.replace(LOAD, id=2), nonce=2)
    call(2).replace(ident=13).write(folder, nonce=3)
    write_log(folder, dataclasses.replace(LOAD, id=2), nonce=3)

    recording = Recording(complete(reserved, folder))

    assert names(recording) == ["load", "save", "load"]
    assert sorted(f.name for f in recording.functions.values()) == ["load", "save"]


def test_codes_of_prefixes_and_switches_are_left_as_they_are(folder, reserved) -> None:
    RingFile([slot(EventKind.FRAME, 1), slot(EventKind.TASK_SWITCH, 1), slot(EventKind.CALL, 1)]).write(folder)
    write_log(folder, dataclasses.replace(SAVE, id=1))
    capture = dataclasses.replace(reserved, functions=(LOAD,))

    recording = Recording(complete(capture, folder))

    assert recording.events["code"].tolist()[0] == 1
    assert names(recording) == ["save"]


def test_functions_whose_names_are_lost_are_counted(folder, reserved) -> None:
    call(900).write(folder)
    write_log(folder, LOAD)

    recording = Recording(complete(reserved, folder))

    assert names(recording) == ["<unknown>"]
    assert f"the names of 1 function(s) of process {ENDED_PROCESS} are missing" in recording.notes


def test_threads_say_which_process_they_are_of(folder, reserved) -> None:
    call(1).write(folder, 0)
    call(1).replace(ident=12, native_id=6).write(folder, 1)
    write_log(folder, LOAD)

    threads = complete(reserved, folder).threads

    assert [(t.process_id, t.name) for t in threads] == [
        (ENDED_PROCESS, "MainThread"),
        (ENDED_PROCESS, "thread-1"),
    ]


def test_program_that_goes_on_is_said_to(folder, reserved) -> None:
    now = dataclasses.replace(reserved.header.started, monotonic_ns=time.monotonic_ns())
    header = dataclasses.replace(reserved.header, process_id=os.getpid(), started=now)

    capture = complete(dataclasses.replace(reserved, header=header), folder)

    assert capture.header.exit_status == RUNNING


def test_process_that_took_the_box_over_from_an_earlier_one_goes_on(folder, reserved) -> None:
    call(1).replace(process_id=os.getpid()).write(folder, nonce=time.monotonic_ns())
    before = dataclasses.replace(reserved.header.started, monotonic_ns=1)
    header = dataclasses.replace(reserved.header, process_id=os.getpid(), started=before)

    capture = complete(dataclasses.replace(reserved, header=header), folder)

    assert capture.header.exit_status == RUNNING


def test_program_that_recorded_nothing_was_killed_all_the_same(folder, reserved) -> None:
    assert Recording(complete(reserved, folder)).notes == (KILLED,)


def test_box_without_parts_is_as_it_was_written(folder, reserved) -> None:
    folder.rmdir()

    assert complete(reserved, folder) == reserved


def test_closed_box_gets_what_was_recorded_after_it(folder) -> None:
    builder = CaptureBuilder()
    work = builder.function("work")
    builder.thread().call(work).ret(work)
    capture = builder.build()
    call(1).write(folder)
    write_log(folder, LOAD)

    recording = Recording(complete(capture, folder))

    assert names(recording) == ["work", "load"]
    assert recording.header.exit_status == capture.header.exit_status


def test_thread_that_the_box_has_already_is_not_read_twice(folder, reserved) -> None:
    call(1).write(folder)
    write_log(folder, LOAD)
    once = complete(reserved, folder)

    assert len(complete(once, folder).threads) == 1


def test_opened_box_has_its_parts_and_can_be_written_again(tmp_path, folder, reserved) -> None:
    call(1).write(folder)
    write_log(folder, LOAD)
    reserve_box(tmp_path / "box.cbx", reserved.header)

    recording = open_recording(tmp_path / "box.cbx")
    write_box(recording.capture, tmp_path / "copy.cbx")

    assert names(recording) == ["load"]
    assert names(open_recording(tmp_path / "copy.cbx")) == ["load"]


def test_parts_of_ended_processes_are_read_while_the_box_is_written(tmp_path, folder) -> None:
    path = call(1).replace(arena=b"abcdefgh", arena_head=5).write(folder)
    write_log(folder, LOAD)
    merged = merge_ended(CaptureBuilder().build(), str(folder), (0, 0)).capture

    write_box(merged, tmp_path / "box.cbx")
    path.unlink()

    assert names(open_recording(tmp_path / "box.cbx")) == ["load"]
    with pytest.raises(FileNotFoundError):
        list(merged.threads[0].segments)


def test_part_that_goes_before_it_is_merged_leaves_the_older_box(tmp_path, folder, reserved) -> None:
    path = call(1).write(folder)
    reserve_box(tmp_path / "box.cbx", reserved.header)
    merged = merge_ended(CaptureBuilder().build(), str(folder), (0, 0)).capture
    path.unlink()

    with pytest.raises(RecordingError, match="No such file"):
        write_box(merged, tmp_path / "box.cbx")

    assert not open_recording(tmp_path / "box.cbx").header.is_complete


def test_folder_of_rubbish_is_named_and_breaks_nothing(folder, reserved) -> None:
    (folder / f"{ENDED_PROCESS}-5-0.ring").write_bytes(b"\xa5" * 9000)
    (folder / f"{ENDED_PROCESS}-5.functions").write_bytes(b"\xa5" * 90)
    (folder / "readme").touch()

    capture = complete(reserved, folder)

    assert capture.threads == ()
    assert len(capture.header.notes) == 2


def test_function_keeps_its_number_where_it_is_free(folder, reserved) -> None:
    call(7).write(folder)
    write_log(folder, dataclasses.replace(LOAD, id=7))

    functions = complete(reserved, folder).functions

    assert [f.id for f in functions if f.name == "load"] == [7]
    assert isinstance(functions[0], Function)


FIVE = RingFile([slot(EventKind.CALL, code, after=code) for code in range(1, 6)])


@pytest.fixture
def taken(folder, reserved):
    """A capture of the first three slots of a ring, and the name of the ring."""
    write_log(folder, *(function(n, f"f{n}") for n in range(1, 6)))
    builder = CaptureBuilder()
    functions = [builder.function(f"f{n}", qualified_name=f"A.f{n}", line_number=3) for n in (1, 2, 3)]
    thread = builder.thread()
    [thread.call(f) for f in functions]
    return dataclasses.replace(builder.build(), header=reserved.header), FIVE.write(folder).name


def codes(capture: Capture) -> list[str]:
    return names(Recording(capture))


def test_thread_goes_on_where_its_collector_stopped(folder, taken) -> None:
    capture, source = taken

    assert codes(complete(capture, folder, (source, 3))) == ["f1", "f2", "f3", "f4", "f5"]


def test_thread_of_which_everything_was_taken_is_left_as_it_is(folder, taken) -> None:
    capture, source = taken

    assert codes(complete(capture, folder, (source, 5))) == ["f1", "f2", "f3"]


def test_slots_that_were_overwritten_before_they_were_taken_are_dropped(folder, taken) -> None:
    capture, source = taken
    FIVE.replace(head=9, lap=8, capacity=8, room=4, slots=FIVE.slots[:4]).write(folder)

    recording = Recording(complete(capture, folder, (source, 3)))

    assert names(recording) == ["f1", "f2", "f3", "f2", "f3", "f4", "f1"]
    assert recording.dropped == 2


def test_values_go_on_where_the_collector_stopped(folder, taken) -> None:
    capture, source = taken
    FIVE.replace(arena=b"ijcdefgh", arena_head=10).write(folder)
    [thread] = capture.threads
    thread = dataclasses.replace(thread, values=ArenaCapture(5, 5, ((0, b"abcde"),)))

    [thread] = complete(dataclasses.replace(capture, threads=(thread,)), folder, (source, 3)).threads

    assert (thread.values.head, thread.values.capacity) == (10, 10)
    assert thread.values.pieces == ((0, b"abcde"), (5, b"fghij"))


HOUR_NS = 3_600 * 10**9


def test_wall_clock_that_is_set_back_bends_no_time(folder, reserved) -> None:
    call(1).write(folder, 0)
    call(1).replace(ident=12, first_epoch_ns=FIRST_EPOCH_NS - HOUR_NS).write(folder, 1)
    write_log(folder, LOAD)

    recording = Recording(complete(reserved, folder))

    assert recording.events["t_ns"].tolist() == [FIRST_EPOCH_NS + 100, FIRST_EPOCH_NS + 900] * 2
    assert recording.duration_ns == 900


def test_wall_clock_that_was_set_back_at_the_end_bends_no_time() -> None:
    builder = CaptureBuilder()
    work = builder.function("work")
    builder.thread().call(work).ret(work)
    capture = builder.build()
    ended = dataclasses.replace(capture.header.ended, epoch_ns=capture.header.started.epoch_ns - HOUR_NS)
    stepped = dataclasses.replace(capture, header=dataclasses.replace(capture.header, ended=ended))

    assert Recording(stepped).events.tobytes() == Recording(capture).events.tobytes()
    assert Recording(stepped).duration_ns == Recording(capture).duration_ns
