from __future__ import annotations

import dataclasses

import pytest
from tests.support.captures import CaptureBuilder

from callbox.model import Capture, EventKind
from callbox.recording import Recording

ARGS_AND_KWARGS = 0x04 | 0x08
POINT = b"\x10\x03\x03app\x05\x05Point%c\x01\x01\x01\x01x\x03\x02"
VALUE_ERROR = b"\x1a\x08\x08builtins\x0a\x0aValueError\x05\x0b\x01\x01\x07\x03\x03bad\x00\x00"


@pytest.fixture
def capture() -> Capture:
    """Rows: main(n=1), which opens ('a' and point 7), opens the same with point 8, fails, and calls len."""
    builder = CaptureBuilder(mode="trace")
    main = builder.function("main", parameters=("n", "args", "options"), code_flags=ARGS_AND_KWARGS)
    opens, fails = builder.function("opens", parameters=("name", "at")), builder.function("fails")
    c_function = builder.function("len", is_c=True)
    thread = builder.thread().values(1, b"\x0b\x00\x00", b"\x0e\x01\x01\x07\x01\x01k\x00").call(main)
    thread.values("a", POINT % 7).call(opens).values(None).ret(opens)
    thread.values("a", POINT % 8).call(opens).values(None).ret(opens)
    thread.call(fails).values(VALUE_ERROR).unwind(fails)
    thread.event(EventKind.C_CALL, c_function).event(EventKind.C_RETURN, c_function)
    return builder.build()


@pytest.fixture
def recording(capture) -> Recording:
    return Recording(capture)


@pytest.fixture
def texts(recording):
    return recording.describe_values()


def test_arguments_read_as_between_parentheses(texts) -> None:
    assert texts.arguments(0) == "n=1, **options={'k': None}"
    assert texts.arguments(1) == "name='a', at=Point(x=1)"
    assert texts.arguments(3) == ""


def test_outcome_is_the_result_or_the_exception(texts) -> None:
    assert [texts.outcome(row) for row in range(5)] == ["", "None", "None", "ValueError('bad')", ""]


def test_details_tell_none_from_unknown(texts) -> None:
    assert texts.details(0) == {
        "arguments": {"n": "1", "args": "()", "options": "{'k': None}"},
        "result": None,
        "exception": None,
        "locals": None,
        "effects": None,
    }
    assert texts.details(1)["result"] == "None"
    assert texts.details(3) == {
        "arguments": {},
        "result": None,
        "exception": "ValueError('bad')",
        "locals": None,
        "effects": None,
    }
    assert texts.details(4) == {"arguments": None, "result": None, "exception": None, "locals": None, "effects": None}


def test_event_reads_after_the_name_of_its_function(recording, texts) -> None:
    columns = (recording.events["kind"].tolist(), recording.events["code"].tolist())
    events = [texts.event(event, kind, code) for event, (kind, code) in enumerate(zip(*columns, strict=True))]

    assert events[1:] == [
        *("(name='a', at=Point(x=1))", " → None", "(name='a', at=Point(x=1))", " → None"),
        *("()", " ✗ ValueError('bad')", "", ""),
    ]


def test_calls_with_equal_texts_have_one_identity(texts) -> None:
    main, first, second, fails, c_call = texts.identity.tolist()

    assert first == second
    assert len({main, first, fails, c_call}) == 4


def test_other_arguments_and_results_are_other_identities() -> None:
    builder = CaptureBuilder(mode="trace")
    f = builder.function("f", parameters=("a", "b"))
    thread = builder.thread()
    for a, b, result in [(1, 2, 0), (2, 1, 0), (1, 2, 1), ("1", 2, 0), (1, 2, 0)]:
        thread.values(a, b).call(f).values(result).ret(f)

    identity = Recording(builder.build()).describe_values().identity.tolist()

    assert len(set(identity)) == 4
    assert identity[0] == identity[4]


def test_texts_of_a_part_of_the_tree_are_its_own(recording) -> None:
    part = dataclasses.replace(recording.tree, calls=recording.tree.calls[[3, 1]])

    texts = recording.describe_values(part)

    assert [texts.outcome(row) for row in range(2)] == ["ValueError('bad')", "None"]
    assert len(texts.identity) == 2


def test_long_arguments_share_the_room_of_a_line() -> None:
    builder = CaptureBuilder(mode="trace")
    f = builder.function("f", parameters=tuple("abcdefgh"))
    builder.thread().values(*["x" * 100] * 8).call(f)

    text = Recording(builder.build()).describe_values().arguments(0)

    assert text.startswith("a=''… (100 characters), b=")
    assert len(text) < 200


def test_recording_without_values_has_no_texts(small_capture) -> None:
    assert Recording(small_capture).describe_values() is None
