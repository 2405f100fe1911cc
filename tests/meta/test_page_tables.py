"""Tables that pages give are whole: columns, keys of records, keys of the page, settings of pytest."""

from __future__ import annotations

import dataclasses
import re

import pytest
from tests.support.pages import ROOT, find_pages

from callbox.model import Function, Header
from callbox.recording import open_recording
from callbox.recording.box import ThreadRow
from callbox.telemetry.records import Identity, Running, make_record
from callbox.telemetry.settings import TelemetrySettings
from callbox.values import frozen
from callbox.values.exact.wire import Code, Tag

BOX = ROOT / "tests" / "gold" / "recording" / "version-2.cbx"
PAGES = {name: page.read_text(encoding="utf-8") for name, page in find_pages().items()}


def section_of(page: str, title: str) -> str:
    """Return what stands below a heading, up to the next one."""
    return re.split(r"^##? ", PAGES[page].partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def words_in_code(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def first_column(text: str) -> str:
    return "\n".join(re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["calls", "events", "functions", "values", "threads"])
def test_columns_of_queries_are_all_told(name) -> None:
    pytest.importorskip("pyarrow")
    from callbox.recording.tables import Tables

    section = section_of("docs/query.md", f"`{name}`")
    columns = set(Tables(open_recording(BOX), "a.cbx").table(name).schema.names) - {"box"}

    assert words_in_code(first_column(section) or section) >= columns
    assert words_in_code(first_column(section)) <= columns


@pytest.mark.parametrize(("table", "row"), [("HEAD", Header), ("FUNC", Function), ("THRD", ThreadRow)])
def test_keys_of_the_tables_of_a_box_are_all_told(table, row) -> None:
    rows = re.split(rf"^`{table}` is an ", PAGES["docs/format.md"], flags=re.MULTILINE)[1].split("\n\n")[1]

    assert words_in_code(first_column(rows)) == {each.name for each in dataclasses.fields(row)}


def test_kinds_of_frozen_values_are_all_told() -> None:
    page = PAGES["docs/format.md"].partition("\n## Values\n")[2].partition("\n## End marker\n")[0]
    cells = re.findall(r"^\| ([\d, ]+) \| .* \|$", page.partition("| kind | value |")[2].partition("\n\n")[0], re.M)
    slots = [int(kind) for cell in cells for kind in cell.split(", ")]
    records = [int(tag) for tag in re.findall(r"^ *(?:value +=|          \|) (\d+) ", page, re.MULTILINE)]
    records += [int(tag) for tag in re.findall(r"^          \| .* \| (\d+) items", page, re.MULTILINE)]

    assert slots == [int(kind) for kind in frozen.Inline if kind < frozen.Inline.STR]
    assert sorted(records) == [int(tag) for tag in frozen.Tag]


def test_tags_of_encoded_values_are_all_told() -> None:
    page = PAGES["docs/values.md"].partition("### The bytes, version 1")[2].partition("## Source")[0]
    tags, extensions = page.split("| extension | content |")
    cells = re.findall(r"^\| ([\d, ]+) \| ", tags.partition("| tag | shell |")[2], re.MULTILINE)
    told = [int(number) for cell in cells for number in cell.split(", ")]

    assert sorted(told) == [1, 2, 3, *(tag for name, tag in vars(Tag).items() if name.isupper())]
    assert [int(each) for each in re.findall(r"^\| (\d+) \| ", extensions, re.MULTILINE)] == [
        code for name, code in vars(Code).items() if name.isupper()
    ]


def test_keys_of_a_record_are_all_told() -> None:
    section = section_of("docs/telemetry.md", "A record")
    running = Running(Identity("test_suite.py::test", "test"), "call", 0)

    record = make_record(running, "passed", "", {"status": "off"}, TelemetrySettings())

    assert words_in_code(first_column(section)) == set(record)
    assert words_in_code(section) >= {*record["http_calls"], *record["performance"], *record["coverage"]}
    assert words_in_code(section_of("docs/telemetry.md", "Queries")) >= set(record["database_queries"])


def test_keys_of_the_page_are_all_told() -> None:
    source = (ROOT / "src/callbox/view/page/keys.js").read_text(encoding="utf-8")
    told = " ".join(re.findall(r"^\| (.*) \| .* \|$", section_of("docs/view.md", "Keys"), re.MULTILINE))
    [listed] = re.findall(r"^const KEYS = \[\n(.*?)^\];", source, re.MULTILINE | re.DOTALL)
    keys = {
        key
        for row in re.findall(r'\["([^"]+)",', listed)
        for key in re.findall(r"\b[A-Z]\b|[A-Z][a-z]{2,}|[?/0\[\]]", row)
    }

    assert len(keys) > 10
    assert {key for key in keys if key.casefold() not in told.casefold()} == set()


def test_settings_of_pytest_are_all_told() -> None:
    source = (ROOT / "src/callbox/pytest_plugin/__init__.py").read_text(encoding="utf-8")
    declared = set(re.findall(r'parser\.addini\("(\w+)"', source))

    assert len(declared) > 5
    assert declared <= words_in_code(PAGES["docs/snapshots.md"] + PAGES["docs/telemetry.md"])
