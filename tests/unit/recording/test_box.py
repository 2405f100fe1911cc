from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from tests.support.captures import EPOCH_NS

from callbox.model import EventKind, Function
from callbox.recording import box, open_recording
from callbox.values.describe import describe
from callbox.values.frozen import Cut, FrozenItems, Redacted

ROOT = Path(__file__).parents[3]
GOLD = ROOT / "tests" / "gold" / "recording"


def test_layout_is_the_one_that_the_format_page_describes(small_sections) -> None:
    assert [tag for tag, _ in small_sections] == [b"HEAD", b"FUNC", b"THRD", *[b"SLTZ"] * 4, b"DONE"]


def test_blocks_carry_thread_clock_and_position(small_sections) -> None:
    blocks = [struct.unpack_from("<IIQI", payload) for tag, payload in small_sections if tag == b"SLTZ"]

    assert blocks == [(0, 2, 0, 4), (0, 3, 4, 4), (0, 3, 8, 3), (1, 2, 0, 4)]


def test_tables_are_json(small_sections) -> None:
    head, functions, threads = (json.loads(payload) for _, payload in small_sections[:3])

    assert head["command"] == ["script.py", "--flag"]
    assert head["started"] == {"ticks": 12_884_897_388, "monotonic_ns": 50_000_000_000, "epoch_ns": EPOCH_NS}
    assert [row["qualified_name"] for row in functions] == ["main", "work", "numbers", "fails"]
    assert [(row["name"], row["n_events"], row["n_slots"]) for row in threads] == [
        ("MainThread", 8, 11),
        ("worker", 4, 4),
    ]


def test_table_keeps_names_that_are_no_utf8() -> None:
    function = Function(1, "f", "f", "\udce9t\udce9", "/tmp/caf\udce9.py", 1)

    payload = memoryview(box.encode_table([function]))

    assert box.decode_table(payload, tuple[Function, ...]) == (function,)


def test_unknown_keys_of_a_table_are_ignored() -> None:
    function = Function(1, "f", "f", "m", "f.py", 1)
    [row] = json.loads(box.encode_table([function]))

    payload = memoryview(json.dumps([{**row, "of_the_future": [1]}]).encode())

    assert box.decode_table(payload, tuple[Function, ...]) == (function,)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[{}]", b"\xff\xfe", b"null", b"[1, 2", b"[" * 100_000, b"[" + b"9" * 5_000 + b"]", b"NaN"],
    ids=["empty", "object", "no-fields", "no-utf8", "null", "cut", "deep", "long-number", "nan"],
)
def test_malformed_table_is_a_value_error(payload) -> None:
    with pytest.raises(ValueError, match=r".+"):
        box.decode_table(memoryview(payload), tuple[Function, ...])


@pytest.fixture(params=["version-1.cbx", "version-2.cbx"])
def gold(request) -> Path:
    return GOLD / request.param


def test_box_of_every_version_stays_readable(gold) -> None:
    recording = open_recording(gold)

    assert recording.damage == ()
    assert recording.header.engine == "setprofile"
    assert recording.header.exit_status == "returned 3"
    assert recording.header.notes == ("filter 'nowhere.*' matched no module",)
    assert [thread.name for thread in recording.threads] == ["MainThread", "wörker"]
    assert recording.dropped == 2
    assert [EventKind(kind).name for kind in recording.events["kind"].tolist()] == [
        *("CALL", "CALL", "YIELD", "C_CALL", "C_RAISE", "RESUME", "RETURN", "RETURN"),
        *("RETURN", "CALL", "THROW", "UNWIND", "UNWIND"),
    ]
    assert (recording.events["t_ns"] - EPOCH_NS).tolist() == [
        *(1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000),
        *(3_000, 4_000, 5_000, 6_000, 7_000),
    ]
    assert recording.tree.alloc is not None
    assert recording.tree.alloc[0].tolist() == [640, 5]


def test_values_of_every_version_stay_readable(gold) -> None:
    values = open_recording(gold).values

    assert values is not None
    assert values.arguments(0) == {"path": "caf\udce9", "flags": (1.5,), "more": {"token": Redacted("token")}}
    assert values.result(0) == 1 << 71
    assert values.arguments(1) == {"stop": 3}
    assert values.result_at(2) == FrozenItems("list", (None, -5), 3)
    assert values.result_at(8) is Cut.OVERWRITTEN
    assert describe(values.arguments_at(9)) == "{'account': Account(next=<cycle>, user='ann')}"
    assert describe(values.exception_at(11)) == "ValueError(args=('bad', <negative int of 997 bits>))"
    assert values.exception_at(12) is Cut.MISSED


def test_reader_on_the_format_page_reads_what_callbox_reads(gold) -> None:
    page = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^```python title=\"read_box.py\"\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    reader: dict[str, Any] = {}
    exec(source, reader)

    rows = list(reader["read_events"](gold.read_bytes()))

    events = open_recording(gold).events
    assert rows == events[["thread", "t_ns", "kind", "code", "frame"]].tolist()
