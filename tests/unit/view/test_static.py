from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib

import pytest

from callbox.recording import Recording
from callbox.view import static
from callbox.view.exhibit import Exhibit
from callbox.view.static import format_page, join_modules


@pytest.fixture
def page(exhibit) -> str:
    return format_page([exhibit])


def data_of(page: str) -> list[dict]:
    [text] = re.findall(r'<script type="text/plain" id="callbox-recordings">([\w+/=]*)</script>', page)
    return json.loads(zlib.decompress(base64.b64decode(text)))


def test_file_loads_nothing_from_elsewhere(page) -> None:
    markup = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)

    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', markup) == []
    assert re.findall(r"url\(\"(?!data:)", page) == []
    assert "default-src 'none'" in markup


def test_policy_names_every_script_and_style_by_hash(page) -> None:
    scripts = re.findall(r'<script(?: type="module")?>(.*?)</script>', page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)

    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (*scripts, *styles)]
    assert (len(scripts), len(styles)) == (3, 1)
    assert [f"'sha256-{value}'" in policy for value in hashes] == [True] * 4
    assert "unsafe-inline" not in policy


def test_names_of_a_recording_are_nowhere_in_the_markup(builder) -> None:
    function = builder.function("</script><script>alert(1)</script><!--")
    builder.thread().call(function).ret(function)

    page = format_page([Exhibit(Recording(builder.build()), "x")])

    assert "alert(1)" not in page
    assert data_of(page)[0]["summary"]["functions"][0]["name"] == "</script><script>alert(1)</script><!--"


def test_file_holds_what_the_page_asks_for(page) -> None:
    [recording] = data_of(page)

    assert recording["summary"]["calls"] == 5
    assert set(recording["calls"]) == {"0", "1", "2", "3", "4"}
    assert set(recording["functions"]) == {"1", "2", "3", "4"}
    assert recording["exceptions"][0]["count"] == 1
    assert [lane["bars"]["bounds"] for lane in recording["lanes"]] == [[0, 1, 4, 5], [0, 1]]


def test_large_recording_is_cut_to_its_longest_calls_and_says_so(busy, monkeypatch) -> None:
    monkeypatch.setattr(static, "MAX_SEGMENTS", 50)
    page = format_page([Exhibit(busy(200), "busy")])

    [recording] = data_of(page)
    assert recording["lanes"][0]["bars"]["bounds"][-1] <= 50
    assert recording["summary"]["notes"] == [
        "This file holds the longest of 201 calls: open the recording to see all of them"
    ]


def test_modules_are_joined_after_what_they_import_without_imports_or_exports() -> None:
    code = join_modules("main.js")

    assert re.findall(r"^(?:import|export)\b.*", code, re.MULTILINE) == []
    assert code.index("class Bars") < code.index("class Timeline ") < code.index("class Page")


def test_modules_share_no_name() -> None:
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", join_modules("main.js"), re.MULTILINE)

    assert sorted(names) == sorted(set(names))
