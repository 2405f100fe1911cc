from __future__ import annotations

import json
import os
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.captures import START_TICKS, CaptureBuilder

from callbox.errors import FormatError
from callbox.model import EventKind
from callbox.recording import Recording, open_recording, write_box
from callbox.recording.packing import pack_octets
from callbox.recording.read import read_box

GOLD = Path(__file__).parents[2] / "gold" / "recording"
GOLD_BYTES = (GOLD / "version-2.cbx").read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("boxes") / "scratch.cbx"


def read_all(path: Path) -> Recording | FormatError:
    """Open a box and decode everything; a FormatError is an answer, any other exception is not."""
    try:
        recording = open_recording(path)
    except FormatError as error:
        return error
    assert len(recording.events) == recording.n_events
    assert recording.tree.functions == recording.functions
    texts = recording.describe_values()
    assert texts is None or len(texts.identity) == len([texts.details(row) for row in range(len(recording.tree.calls))])
    return recording


# What is whole comes back whole


def test_capture_comes_back_as_it_was(small_capture, small_box) -> None:
    before, after = Recording(small_capture), open_recording(small_box)

    assert after.damage == ()
    assert after.header == before.header
    assert after.threads == before.threads
    assert after.functions == before.functions
    assert after.events.tobytes() == before.events.tobytes()
    assert after.tree.calls.tobytes() == before.tree.calls.tobytes()


names = st.text(st.characters(codec=None), max_size=20)
kinds = st.sampled_from([kind for kind in EventKind if kind < EventKind.TASK_SWITCH])
steps = st.tuples(kinds, st.integers(0, 4), st.integers(0, 1 << 35), st.integers(0, 1 << 50))


@given(
    function_names=st.lists(names, min_size=5, max_size=5),
    threads=st.lists(st.tuples(names, st.lists(steps, max_size=40), st.integers(1, 30)), max_size=4),
    memory=st.booleans(),
    start_ticks=st.integers(0, (1 << 64) - (1 << 42)),
)
def test_any_capture_comes_back_as_it_was(scratch, function_names, threads, memory, start_ticks) -> None:
    builder = CaptureBuilder(memory=memory, start_ticks=start_ticks)
    functions = [builder.function(name) for name in function_names]
    for thread_name, events, capacity in threads:
        thread = builder.thread(thread_name, capacity=capacity)
        now_ns = 0
        for kind, index, pause_ns, number in events:
            now_ns += pause_ns
            thread.event(kind, functions[index], at=now_ns, frame=number, n_bytes=number, n_blocks=1)
    before = Recording(builder.build())

    write_box(before.capture, scratch)

    after = open_recording(scratch)
    assert after.damage == ()
    assert (after.header, after.threads) == (before.header, before.threads)
    assert after.functions == before.functions
    assert after.events.tobytes() == before.events.tobytes()


# What is damaged gives what is intact, and an account


def test_every_truncation_gives_a_recording_with_damage_or_a_format_error(scratch) -> None:
    answers = []
    for length in range(len(GOLD_BYTES)):
        scratch.write_bytes(GOLD_BYTES[:length])
        answers.append(read_all(scratch))

    assert [a for a in answers if isinstance(a, Recording) and not a.damage] == []
    assert {type(answer) for answer in answers} == {Recording, FormatError}


@given(flips=st.lists(st.integers(0, 8 * len(GOLD_BYTES) - 1), min_size=1, max_size=3, unique=True))
def test_flipped_bits_give_a_recording_with_damage_or_a_format_error(scratch, flips) -> None:
    data = bytearray(GOLD_BYTES)
    for flip in flips:
        data[flip // 8] ^= 1 << flip % 8
    scratch.write_bytes(data)

    answer = read_all(scratch)

    assert isinstance(answer, FormatError) or answer.damage or answer.n_events == 13


@given(tail=st.binary(max_size=400), cut=st.integers(0, len(GOLD_BYTES)))
def test_arbitrary_bytes_after_a_beginning_are_no_crash(scratch, tail, cut) -> None:
    scratch.write_bytes(GOLD_BYTES[:cut] + tail)

    assert read_all(scratch)


def test_lost_block_costs_its_own_slots_alone(small_capture, small_sections, make_box) -> None:
    whole = Recording(small_capture)
    del small_sections[4]

    recording = open_recording(make_box(small_sections))

    assert recording.damage == ("thread 0 ('MainThread') lacks 4 of its 11 slots, from slot 4 on",)
    kept = np.r_[0:3, 5:12]
    assert recording.events["t_ns"].tolist() == whole.events["t_ns"][kept].tolist()
    assert recording.events["code"].tolist() == whole.events["code"][kept].tolist()
    assert recording.dropped == 2


def test_damaged_block_is_named_with_its_place(small_box) -> None:
    data = bytearray(small_box.read_bytes())
    at = data.index(b"SLTZ")
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    data[at + 40] ^= 1
    small_box.write_bytes(data)

    assert open_recording(small_box).damage == (
        f"at byte {at}: section SLTZ of {length} bytes does not match its checksum",
        "thread 0 ('MainThread') lacks 4 of its 11 slots, from slot 0 on",
    )


def test_damaged_section_header_costs_its_section_alone(small_box) -> None:
    data = bytearray(small_box.read_bytes())
    first, second = (match.start() for match in list(re.finditer(b"SLTZ", data))[1:3])
    data[first + 4] ^= 1
    small_box.write_bytes(data)

    recording = open_recording(small_box)

    assert recording.damage[0] == f"at byte {first}: a section header is damaged: {second - first} bytes are unreadable"
    assert "thread 0 ('MainThread') lacks 4 of its 11 slots, from slot 4 on" in recording.damage
    assert recording.n_events == 10


def test_damaged_last_header_costs_all_that_follows(small_box) -> None:
    data = bytearray(small_box.read_bytes())
    at = data.rindex(b"DONE")
    data[at + 12] ^= 1
    small_box.write_bytes(data)

    recording = open_recording(small_box)

    assert recording.damage[0] == f"at byte {at}: a section header is damaged: 32 bytes are unreadable"
    assert recording.n_events == 12


def test_box_cut_before_its_end_marker_says_so(small_box) -> None:
    data = small_box.read_bytes()
    small_box.write_bytes(data[:-32])

    recording = open_recording(small_box)

    assert recording.damage == (f"the end marker is missing: the file stops at byte {len(data) - 32}",)
    assert recording.n_events == 12


def test_bytes_after_the_end_marker_are_noticed(small_box) -> None:
    n_bytes = small_box.stat().st_size
    with small_box.open("ab") as file:
        file.write(b"more")

    assert f"but there are 8 and {n_bytes + 4}" in open_recording(small_box).damage[0]


def test_unknown_section_is_passed_over_and_named(small_sections, make_box) -> None:
    small_sections.insert(4, (b"MORE", b"from a later callbox"))

    recording = open_recording(make_box(small_sections))

    assert "section MORE is unknown to this callbox" in recording.damage[0]
    assert recording.n_events == 12


# What was made to deceive


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "too short"),
        (b"\x89CBX\r\n\x1a\n", "too short"),
        (b"PK\x03\x04" + bytes(60), "it begins with b'PK"),
        (struct.pack("<8sII", b"\x89CBX\r\n\x1a\n", 3, 0), "version 3; this callbox reads 2"),
        (struct.pack("<8sII", b"\x89CBX\r\n\x1a\n", 1, 0), "its HEAD table is lost: the end marker is missing"),
    ],
    ids=["empty", "magic", "zip", "version-3", "preamble"],
)
def test_other_file_is_refused(scratch, data, reason) -> None:
    scratch.write_bytes(data)

    with pytest.raises(FormatError, match=rf"cannot read '.*scratch\.cbx' as a box: .*{reason}"):
        open_recording(scratch)


def test_missing_file_is_refused(tmp_path) -> None:
    with pytest.raises(FormatError, match="No such file or directory"):
        open_recording(tmp_path / "missing.cbx")


def test_folder_is_refused(tmp_path) -> None:
    with pytest.raises(FormatError, match="no regular file"):
        open_recording(tmp_path)


def test_pipe_is_refused_without_waiting_for_it(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(FormatError, match="no regular file"):
        open_recording(tmp_path / "pipe")


@pytest.mark.parametrize("index", [0, 1, 2])
def test_lost_table_is_a_format_error(small_sections, make_box, index) -> None:
    tag, _ = small_sections.pop(index)

    with pytest.raises(FormatError, match=f"its {tag.decode()} table is lost"):
        open_recording(make_box(small_sections))


@pytest.mark.parametrize(
    ("index", "changes"),
    [
        (0, {"process_id": "one"}),
        (0, {"started": {"ticks": -1, "monotonic_ns": 0, "epoch_ns": 0}}),
        (0, {"started": {"ticks": 1 << 64, "monotonic_ns": 0, "epoch_ns": 0}}),
        (0, {"ended": {"ticks": 0, "monotonic_ns": 1 << 63, "epoch_ns": 0}}),
        (0, {"ended": {"ticks": START_TICKS, "monotonic_ns": 1 << 61, "epoch_ns": 0}}),
    ],
    ids=["type", "negative", "too-large", "too-late", "too-fast"],
)
def test_impossible_header_is_a_format_error(small_sections, make_box, index, changes) -> None:
    tag, payload = small_sections[index]
    small_sections[index] = (tag, json.dumps(json.loads(payload) | changes).encode())

    with pytest.raises(FormatError, match=r"HEAD table is malformed|impossible clock|clock cannot be"):
        open_recording(make_box(small_sections))


@pytest.mark.parametrize("number", [-1, 1 << 24, 1 << 70])
def test_function_with_an_impossible_id_is_a_format_error(small_sections, make_box, number) -> None:
    rows = json.loads(small_sections[1][1])
    small_sections[1] = (b"FUNC", json.dumps([rows[0] | {"id": number}]).encode())

    with pytest.raises(FormatError, match="an id outside 0 to 16777215"):
        open_recording(make_box(small_sections))


def test_counts_of_a_thread_are_not_trusted(small_sections, make_box) -> None:
    rows = json.loads(small_sections[2][1])
    claims = {"n_slots": 1 << 62, "n_events": 1 << 62}
    small_sections[2] = (b"THRD", json.dumps([rows[0] | claims, rows[1]]).encode())

    recording = open_recording(make_box(small_sections))

    assert recording.n_events == 12
    assert f"lacks {(1 << 62) - 11} of its {1 << 62} slots" in recording.damage[0]


def test_thread_that_claims_fewer_events_than_it_has_dropped_none(small_sections, make_box) -> None:
    rows = json.loads(small_sections[2][1])
    small_sections[2] = (b"THRD", json.dumps([rows[0] | {"n_events": -5}, rows[1]]).encode())

    assert open_recording(make_box(small_sections)).dropped == 0


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"short", "a block of slots has only 5 bytes"),
        (struct.pack("<IIQ", 2, 0, 0), "belongs to thread 2, but there are 2 threads"),
        (struct.pack("<IIQII", 1, 0, 0, 0, EventKind.CALL | 5 << 8), "names a function that the table"),
    ],
    ids=["short", "thread", "function"],
)
def test_block_that_cannot_be_is_passed_over(small_sections, make_box, payload, reason) -> None:
    small_sections[-2] = (b"SLOT", payload)

    recording = open_recording(make_box(small_sections))

    assert reason in recording.damage[0]
    assert recording.n_events == 8


def test_slots_that_are_not_packed_are_not_copied() -> None:
    capture, _ = read_box(GOLD / "version-1.cbx")

    mappings = {id(segment.obj) for thread in capture.threads for segment in thread.segments}

    assert len(mappings) == 1


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (struct.pack("<IIQ", 1, 0, 0), "a block of slots has only 0 bytes"),
        (struct.pack("<IIQII", 1, 0, 0, 0, 0), "would unpack to 0 bytes"),
        (struct.pack("<IIQII", 1, 0, 0, (1 << 15) + 1, 0), "would unpack to 262152 bytes"),
        (struct.pack("<IIQII", 1, 0, 0, 4, 0) + b"junk", "cannot be unpacked"),
        (struct.pack("<IIQII", 1, 0, 0, 4, 0) + pack_octets(bytes(33)), "cannot be unpacked: 32 bytes were packed"),
    ],
    ids=["short", "empty", "too-long", "junk", "more"],
)
def test_packed_block_that_cannot_be_is_passed_over(small_sections, make_box, monkeypatch, payload, reason) -> None:
    monkeypatch.undo()
    small_sections[-2] = (b"SLTZ", payload)

    recording = open_recording(make_box(small_sections))

    assert reason in recording.damage[0]
    assert recording.n_events == 8


def test_blocks_that_would_fill_the_memory_are_passed_over(small_sections, make_box, monkeypatch) -> None:
    monkeypatch.setattr("callbox.recording.read._MIN_BUDGET", 40)
    monkeypatch.setattr("callbox.recording.read._BUDGET_SHARE", 0)

    recording = open_recording(make_box(small_sections))

    assert "would unpack to 32 bytes, more than can be" in recording.damage[0]
    assert recording.n_events > 0


def test_tables_may_come_in_pieces(small_sections, make_box) -> None:
    head, functions, threads, *rest = small_sections
    rows = [json.loads(functions[1]), json.loads(threads[1])]
    pieces = [
        (tag, json.dumps([row]).encode()) for tag, rows in zip((b"FUNC", b"THRD"), rows, strict=True) for row in rows
    ]

    recording = open_recording(make_box([head, (b"FUNC", b"[]"), (b"THRD", b"[]"), *pieces, *rest, head]))

    assert recording.damage == ()
    assert recording.n_events == 12
    assert [thread.name for thread in recording.threads] == ["MainThread", "worker"]


def test_threads_with_a_number_missing_are_named(small_sections, make_box) -> None:
    rows = json.loads(small_sections[2][1])
    small_sections.insert(3, (b"THRD", json.dumps([rows[0] | {"number": 7}]).encode()))

    assert "3 threads are numbered 0 to 7" in open_recording(make_box(small_sections)).damage[0]


def test_box_that_is_being_written_has_no_damage_at_its_end(small_box) -> None:
    data = small_box.read_bytes()
    cut = data.rindex(b"SLTZ") + 20
    small_box.write_bytes(data[:cut])
    small_box.with_name("small.cbx.parts").mkdir()

    recording = open_recording(small_box)

    assert recording.damage == ("thread 1 ('worker') lacks 4 of its 4 slots, from slot 0 on",)
    assert recording.n_events == 8
