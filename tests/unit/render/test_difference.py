"""How two recordings differ, as text and as a page."""

from __future__ import annotations

import dataclasses
import json
from html.parser import HTMLParser

import pytest

from callbox.render.difference import (
    ADDED,
    CHANGED,
    SAME,
    CountChange,
    Line,
    Report,
    Side,
    TimeChange,
    ValueChange,
    format_difference,
)
from callbox.render.difference_html import format_html

EVIL = "\x1b[2J<script>alert(1)</script>"


@pytest.fixture
def report() -> Report:
    return Report(
        before=Side("a.cbx", "app.py", 12, 2_000_000),
        after=Side("b.cbx", "app.py --new", 13, 3_000_000),
        n_added=1,
        n_removed=0,
        n_moved=0,
        n_changed=1,
        first_change=ValueChange(("main", "load"), "open(path='x')", "argument path", "'y'", "'x'"),
        counts=(CountChange("app.log", 0, 1), CountChange("app.load", 12, 9)),
        times=(TimeChange("app.sort", 10, 10, 1_000.0, 2_500.0, 90.0),),
        lines=(
            Line(SAME, 0, "main()", 1),
            Line(SAME, 1, "… 3 calls the same", 3),
            Line(CHANGED, 1, "open(path='x')", 1, "(argument path was 'y')"),
            Line(ADDED, 1, "log()", 1),
        ),
        n_left_out=7,
        has_values=True,
        has_times=True,
    )


@pytest.fixture
def equal(report) -> Report:
    return dataclasses.replace(report, n_added=0, n_changed=0, first_change=None, counts=(), times=(), lines=())


def test_text_says_everything_in_order(report) -> None:
    assert format_difference(report).splitlines() == [
        "- a.cbx  app.py  12 calls, 2.00 ms",
        "+ b.cbx  app.py --new  13 calls, 3.00 ms",
        "",
        "1 added, 1 changed, 1 slower",
        "",
        "first change",
        "  main > load > open(path='x')",
        "    argument path: 'y' → 'x'",
        "",
        "calls",
        "  main()",
        "    … 3 calls the same",
        "!   open(path='x')  (argument path was 'y')",
        "+   log()",
        "  … 7 more lines: see --max-lines",
        "",
        "counts",
        "   0 → 1  app.log",
        "  12 → 9  app.load",
        "",
        "self time per call",
        "  1.00 µs → 2.50 µs  2.50×  ± 90 ns  app.sort",
    ]


def test_no_difference_is_one_line(equal) -> None:
    assert format_difference(equal) == "no difference: 13 calls, their values, their times within noise"
    without = dataclasses.replace(equal, has_values=False, has_times=False)
    assert format_difference(without) == "no difference: 13 calls"


def test_long_lists_of_functions_are_cut(report) -> None:
    text = format_difference(report, max_functions=1)

    assert "… 1 more function" in text
    assert "app.load" not in text


def test_json_holds_everything(report) -> None:
    plain = json.loads(json.dumps(report.to_dict()))

    assert (plain["format"], plain["version"], plain["is_equal"]) == ("callbox.difference", 1, False)
    assert plain["lines"][3] == {"kind": "added", "level": 1, "text": "log()", "n_calls": 1, "note": ""}
    assert plain["times"][0]["function"] == "app.sort"


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.classes: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.classes += [value or "" for name, value in attrs if name == "class"]
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


def test_page_says_the_same(report) -> None:
    page = Page(format_html(report))

    assert page.open == []
    assert {"added", "changed", "same"} <= set(page.classes)
    assert "argument path: 'y' → 'x'" in page.text
    assert "!   open(path='x')  (argument path was 'y')" in page.text
    assert "2.50×" in page.text


def test_page_needs_nothing_and_runs_nothing(report) -> None:
    text = format_html(report)

    assert not {"script", "link", "img", "iframe"} & set(Page(text).tags)
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text


def test_page_of_no_difference_says_so(equal) -> None:
    assert "no difference" in Page(format_html(equal)).text


def test_texts_of_strangers_command_neither_terminal_nor_browser(report) -> None:
    evil = dataclasses.replace(
        report,
        before=Side(EVIL, EVIL, 1, 1),
        counts=(CountChange(EVIL, 1, 2),),
        times=(dataclasses.replace(report.times[0], function=EVIL),),
    )

    assert "\x1b" not in format_difference(evil) + format_html(evil)
    assert "script" not in Page(format_html(evil)).tags
