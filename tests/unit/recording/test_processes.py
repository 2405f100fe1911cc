"""What the files of one process hold; what is damaged, or of another recording, is named and left out."""

from __future__ import annotations

import os

from tests.support.parts import ENDED_PROCESS, FIRST_MONOTONIC_NS, RingFile, function, slot, write_log

from callbox.model import EventKind
from callbox.recording.parts import find_parts
from callbox.recording.processes import read_process

CALL = RingFile([slot(EventKind.CALL, 1)])


def read_only(folder, **options):
    [[parts], notes] = find_parts(folder)
    assert notes == ()
    return read_process(parts, **options)


def test_process_has_its_rings_and_functions(tmp_path) -> None:
    load = function(1, "load")
    CALL.write(tmp_path)
    write_log(tmp_path, load)

    process = read_only(tmp_path)

    assert [ring.n_slots for ring in process.rings] == [1]
    assert (process.functions, process.notes) == ((load,), ())


def test_ring_without_slots_is_no_thread(tmp_path) -> None:
    RingFile().write(tmp_path)

    assert read_only(tmp_path).rings == ()


def test_damaged_ring_is_named_and_the_others_are_read(tmp_path) -> None:
    CALL.write(tmp_path, 0)
    os.truncate(CALL.write(tmp_path, 1), 5)

    process = read_only(tmp_path)

    assert len(process.rings) == 1
    [note] = process.notes
    assert note.startswith(f"the ring file '{ENDED_PROCESS}-1-1.ring' is left out: ")


def test_damaged_log_is_named(tmp_path) -> None:
    CALL.write(tmp_path)
    write_log(tmp_path).write_bytes(b"something else")

    [note] = read_only(tmp_path).notes

    assert note.startswith(f"the function log '{ENDED_PROCESS}-1.functions' is damaged: it begins with")


def test_ring_of_another_process_is_left_out(tmp_path) -> None:
    CALL.replace(process_id=77).write(tmp_path).rename(tmp_path / f"{ENDED_PROCESS}-1-0.ring")

    process = read_only(tmp_path)

    assert process.rings == ()
    assert process.notes[0].endswith("it is of process 77")


def test_ring_of_an_earlier_recording_is_left_out(tmp_path) -> None:
    CALL.write(tmp_path)

    process = read_only(tmp_path).since(FIRST_MONOTONIC_NS)

    assert process.rings == ()
    assert process.notes[0].endswith("it is of an earlier recording")
