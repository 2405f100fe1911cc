"""`callbox stats` of several boxes, and `callbox merge`."""

from __future__ import annotations

import json
import re

import pytest


def test_stats_of_several_runs_are_those_of_the_middle_one(shop) -> None:
    ending = shop.callbox("stats", "shop.cbx", "again.cbx", "changed.cbx", "--sort", "calls")

    lines = [re.split(r"\s{2,}", line.strip()) for line in ending.out.decode().splitlines()]
    assert (ending.code, ending.err) == (0, b"")
    assert lines[0] == ["time", "calls", "raised", "run"]
    assert [line[1:] for line in lines[1:4]] == [
        ["27", "1", "shop.cbx"],
        ["27", "1", "again.cbx"],
        ["28", "1", "changed.cbx"],
    ]
    assert lines[5] == ["self", "least", "most", "inclusive", "calls", "runs", "function", "where"]
    assert lines[6][4:7] == ["17", "3", "__main__.total"]
    assert lines[7][4:7] == ["4–5", "3", "__main__.price"]


def test_stats_of_several_runs_as_json(shop) -> None:
    report = json.loads(shop.callbox("stats", "shop.cbx", "changed.cbx", "--json").out)

    assert report["calls"] == {"min": 27, "median": 27.5, "max": 28}
    assert list(report["runs"]) == ["shop.cbx", "changed.cbx"]


def test_stats_of_runs_with_one_name_tell_them_apart(shop) -> None:
    report = json.loads(shop.callbox("stats", "shop.cbx", "./shop.cbx", "--json").out)

    assert list(report["runs"]) == ["shop.cbx", "./shop.cbx"]


def test_merged_boxes_hold_the_calls_of_both(shop, tmp_path) -> None:
    out = str(tmp_path / "both.cbx")

    ending = shop.callbox("merge", "shop.cbx", "changed.cbx", "-o", out)

    counts = json.loads(shop.callbox("stats", out, "--json").out)
    assert (ending.code, ending.out, ending.err) == (0, b"", b"")
    assert counts["total_calls"] == 55
    assert len(counts["threads"]) == 4


def test_box_is_read_from_and_written_to_a_url(shop, tmp_path) -> None:
    pytest.importorskip("fsspec")
    url = f"local://{tmp_path}/merged.cbx"

    written = shop.callbox("merge", f"local://{shop.folder}/shop.cbx", "-o", url)
    read = shop.callbox("diff", "shop.cbx", url, "--no-times")

    assert (written.code, written.err) == (0, b"")
    assert (read.code, read.out) == (0, b"no difference: 27 calls, their values\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["stats", "shop.cbx", "missing.cbx"], 4, "missing.cbx"),
        (["stats", "shop.cbx", "empty.cbx"], 3, "empty.cbx holds no calls"),
        (["stats"], 2, "Missing argument"),
        (["merge", "shop.cbx"], 2, "--output"),
        (["merge", "broken.cbx", "-o", "out.cbx"], 4, "broken.cbx"),
        (["merge", "empty.cbx", "-o", "out.cbx"], 3, "holds no calls"),
        (["merge", "shop.cbx", "-o", "shop.py"], 2, "a file that is no box stands there"),
        (["merge", "shop.cbx", "-o", "no/such/out.cbx"], 2, "cannot write the box"),
        (["merge", "shop.cbx", "shop.cbx", "-o", "out.cbx"], 2, "shop.cbx is named twice"),
        (["stats", "local:///no/such/box.cbx"], 4, "cannot read 'local:///no/such/box.cbx'"),
        (["stats", "nowhere://box.cbx"], 4, "nowhere"),
    ],
)
def test_bad_input_is_said_in_one_line(shop, arguments, code, message) -> None:
    ending = shop.callbox(*arguments)

    assert ending.code == code
    assert message in ending.err.decode()
    assert ending.err.decode().count("\n") == 1
