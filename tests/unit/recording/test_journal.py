"""A box that is being written can be read at every moment, and is whole once it is closed."""

from __future__ import annotations

import dataclasses
import errno
import os

import numpy as np
import pytest
from tests.support.captures import make_header
from tests.support.parts import function

from callbox.engine.kernels import SLOT_DTYPE
from callbox.model import EventKind
from callbox.recording.box import ThreadRow
from callbox.recording.journal import Journal
from callbox.recording.read import read_contents

HEADER = dataclasses.replace(make_header(), is_complete=False)
ROW = ThreadRow(
    number=0, ident=1, native_id=2, name="main", process_id=3, n_events=2, values_capacity=1, source="3-1-0.ring"
)
SLOTS = np.array([(5, EventKind.CALL | 1 << 8), (9, EventKind.RETURN | 1 << 8)], SLOT_DTYPE)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "box.cbx"


@pytest.fixture
def journal(path) -> Journal:
    journal = Journal(path, HEADER)
    journal.add_threads([ROW])
    journal.add_functions([function(1, "load")])
    journal.add_slots(0, 7, 0, SLOTS)
    return journal


def n_slots(path, **options: bool) -> list[int]:
    capture = read_contents(path, **options).capture
    return [sum(segment.nbytes for segment in thread.segments) // 8 for thread in capture.threads]


def test_box_can_be_read_while_it_grows(path, journal) -> None:
    before = n_slots(path, is_growing=True)
    journal.add_slots(0, 7, 2, SLOTS)
    contents = read_contents(path, is_growing=True)

    assert (before, n_slots(path, is_growing=True)) == ([2], [4])
    assert contents.damage == ()
    assert contents.sources == (("3-1-0.ring", 4),)
    assert contents.capture.threads[0].n_events == 4
    assert not contents.capture.header.is_complete


def test_box_is_cut_only_if_nobody_writes_it(path, journal) -> None:
    assert read_contents(path).damage == (f"the end marker is missing: the file stops at byte {journal.n_bytes}",)


def test_closed_box_is_whole(path, journal) -> None:
    journal.add_threads([dataclasses.replace(ROW, n_slots=2)])
    journal.add_header(make_header())
    journal.close()

    contents = read_contents(path)
    assert contents.damage == ()
    assert contents.capture.header == make_header()
    assert path.stat().st_mode & 0o777 == 0o600


def test_values_are_kept_at_their_offsets(path, journal) -> None:
    journal.add_values(0, 0, memoryview(b"abc"))
    journal.add_values(0, 3, memoryview(b"de"))

    [thread] = read_contents(path, is_growing=True).capture.threads

    assert (thread.values.head, thread.values.pieces) == (5, ((0, b"abcde"),))


def test_slots_that_were_overwritten_are_no_damage(path, journal) -> None:
    journal.add_slots(0, 7, 10, SLOTS)
    journal.add_threads([dataclasses.replace(ROW, n_slots=12, n_lost=8, n_events=12)])
    journal.close()

    contents = read_contents(path)

    assert contents.damage == ()
    assert n_slots(path) == [5]  # and one that carries the clock over the gap


def test_full_disk_leaves_whole_sections(path, journal, monkeypatch) -> None:
    write, n_bytes = os.write, journal.n_bytes

    def write_a_little(descriptor: int, data: bytes) -> int:
        if os.fstat(descriptor).st_size >= n_bytes + 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:8])

    monkeypatch.setattr(os, "write", write_a_little)

    with pytest.raises(OSError, match="No space"):
        journal.add_slots(0, 7, 2, SLOTS)

    assert path.stat().st_size == n_bytes
    assert n_slots(path, is_growing=True) == [2]
