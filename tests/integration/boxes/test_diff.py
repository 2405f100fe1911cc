"""`callbox diff`."""

from __future__ import annotations

import json

import pytest
from tests.support.desk import Desk


def test_recording_beside_itself_has_no_difference(shop) -> None:
    ending = shop.callbox("diff", "shop.cbx", "shop.cbx")

    assert (ending.code, ending.err) == (0, b"")
    assert ending.out.decode() == "no difference: 27 calls, their values, their times within noise\n"


def test_same_program_run_again_does_the_same(shop) -> None:
    ending = shop.callbox("diff", "shop.cbx", "again.cbx", "--no-times")

    assert (ending.code, ending.out) == (0, b"no difference: 27 calls, their values\n")


def test_changed_program_differs_where_it_was_changed(shop) -> None:
    ending = shop.callbox("diff", "shop.cbx", "changed.cbx", "--no-times")

    lines = ending.out.decode().splitlines()
    assert ending.code == 1
    assert "    argument items[2]: (nothing) → 'pie'" in lines
    assert "+       price(item='pie') → 2" in lines
    assert "  4 → 5  __main__.price" in lines


def test_json_is_for_programs(shop) -> None:
    ending = shop.callbox("diff", "shop.cbx", "changed.cbx", "--no-times", "--format", "json")

    report = json.loads(ending.out)
    assert ending.code == 1
    assert report["first_change"]["call"] == "prices(items=['tea', 'cake', 'pie'])"
    assert report["counts"][0]["function"] == "__main__.price"


def test_page_is_written_to_a_file(shop, tmp_path) -> None:
    ending = shop.callbox("diff", "shop.cbx", "changed.cbx", "-f", "html", "-o", str(tmp_path / "diff.html"))

    assert (ending.code, ending.out) == (1, b"")
    assert "price(item=&#x27;pie&#x27;)" in (tmp_path / "diff.html").read_text()


def test_recordings_without_values_are_compared_by_their_calls(shop) -> None:
    ending = shop.callbox("diff", "plain.cbx", "shop.cbx", "--no-times")

    assert (ending.code, ending.out) == (0, b"no difference: 27 calls\n")


def test_values_are_left_out_on_request(shop) -> None:
    with_them = shop.callbox("diff", "shop.cbx", "changed.cbx", "--no-times")
    without = shop.callbox("diff", "shop.cbx", "changed.cbx", "--no-times", "--no-values")

    assert (with_them.code, without.code) == (1, 1)
    assert b"argument items[2]" in with_them.out
    assert b"argument items[2]" not in without.out
    assert b"  4 \xe2\x86\x92 5  __main__.price\n" in without.out


def test_yielded_values_are_not_compared(tmp_path) -> None:
    desk = Desk.at(tmp_path)
    source = "import sys\ndef numbers():\n    yield len(sys.argv)\nfor _ in numbers(): pass\n"
    desk.write("script.py", source)
    for name, words in (("one.cbx", ["script.py"]), ("two.cbx", ["script.py", "more"])):
        desk.recorded(words, "--mode", "trace", "-i", "__main__", "-o", name)

    ending = desk.callbox("diff", "one.cbx", "two.cbx", "--no-times")

    assert (ending.code, ending.out) == (0, b"no difference: 2 calls, their values\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["shop.cbx", "missing.cbx"], 4, "missing.cbx"),
        (["broken.cbx", "shop.cbx"], 4, "broken.cbx"),
        (["shop.cbx", "empty.cbx"], 3, "empty.cbx holds no calls"),
        (["shop.cbx"], 2, "Missing argument"),
        (["shop.cbx", "shop.cbx", "-o", "no/such/file"], 2, "cannot write 'no/such/file'"),
    ],
)
def test_bad_input_is_said_in_one_line(shop, arguments, code, message) -> None:
    ending = shop.callbox("diff", *arguments)

    assert ending.code == code
    assert message in ending.err.decode()
    assert ending.err.decode().count("\n") == 1
