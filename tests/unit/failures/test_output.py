"""Reports in every format: what is in them, and what is added to them."""

from __future__ import annotations

import csv
import io
import json
import os
import xml.etree.ElementTree as ET

import pytest

from callbox.errors import ConfigError, FormatError, RecordingError
from callbox.failures.model import Failure, Frame, Passed, Raised
from callbox.failures.output import OutputConfig, OutputFormat, render, write_report

FORMATS = ["json", "md", "yaml", "xml", "csv", "html"]
NASTY = "<script>alert('x')</script> ```` | \x00\ud800 =1+1\nsecond: - line"


def frame(**fields) -> Frame:
    return Frame("app.py", 2, "work", first_line=1, code=("def work():", "    fail()"), **fields)


def failure(name="test_it", message=NASTY, **fields) -> Failure:
    inner = Raised("KeyError", "'inner'", relation="cause", frames=(frame(),))
    raised = Raised("app.Error", message, frames=(frame(locals={"x": NASTY}),), related=(inner,))
    return Failure(
        "id1", 0.0, name, exception=raised, traceback="Traceback …", fingerprint="k", arguments={"a": NASTY}, **fields
    )


def report(form, existing=None, failures=None, **fields) -> str:
    config = OutputConfig(format=form, **fields)
    return render(config, failures or [failure()], [Passed("p", 0.0)], timestamp=1.5, existing=existing)


def test_json_holds_everything() -> None:
    found = json.loads(report("json", include_passed=True))

    assert found["failures"][0]["exception"]["related"][0]["relation"] == "cause"
    assert found["failures"][0]["arguments"] == {"a": NASTY}
    assert found["passed"][0]["test_name"] == "p"
    assert found["generated"] == "1970-01-01T00:00:01.500Z"


def test_yaml_is_the_same_data_as_json() -> None:
    yaml = pytest.importorskip("yaml")
    plain = [failure(message="no surrogates:\n - here")]
    text = report("yaml", failures=[Failure("i", 0.0, "t", exception=plain[0].exception.related[0])])

    assert yaml.safe_load(text) == json.loads(
        report("json", failures=[Failure("i", 0.0, "t", exception=plain[0].exception.related[0])])
    )


def test_xml_is_well_formed_whatever_it_holds() -> None:
    root = ET.fromstring(report("xml").encode("utf-8", "surrogatepass"))

    found = root.find("run/failure")
    assert found.findtext("test_name") == "test_it"
    assert found.find("exception/frames/frame/locals/value").get("name") == "x"
    assert r"\x00" in found.findtext("exception_message")


def test_characters_of_any_width_are_the_same_in_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    message = "\U0001f600 \u00fc \\ud83d\\ude00 \x85\u2028\ufeff\x7f"

    assert yaml.safe_load(report("yaml", failures=[failure(message=message)]))["failures"][0]["exception_message"] == (
        message
    )


def test_metadata_of_any_shape_is_well_formed_xml() -> None:
    told = {"rows": [{"a b": [1, {"<": 2}]}], "": {"x y": {}}}

    root = ET.fromstring(report("xml", failures=[Failure("i", 0.0, "t", metadata=told)]))

    [name] = [value.get("name") for value in root.findall(".//metadata/value/item/value")]
    assert name == "a b"


@pytest.mark.parametrize("form", FORMATS)
def test_empty_file_is_one_to_add_to(tmp_path, form) -> None:
    path = tmp_path / f"report.{form}"
    path.write_text("")

    write_report(OutputConfig(path, append=True), [failure()], [Passed("p", 0.0)], clock=lambda: 1.5)

    assert path.read_bytes() == report(form).encode("utf-8", "backslashreplace")


def test_csv_has_a_line_for_each_failure_and_no_formulas() -> None:
    rows = list(csv.DictReader(io.StringIO(report("csv", failures=[failure("=cmd()"), failure("b")]))))

    assert [row["test_name"] for row in rows] == ["'=cmd()", "b"]
    assert rows[0]["exception_message"] == NASTY


@pytest.mark.parametrize("form", ["md", "html"])
def test_notes_and_attributes_of_exceptions_stand_with_them(form) -> None:
    cause = Raised("KeyError", "'k'", relation="cause", notes=("the order was empty",), attributes={"errno": "2"})
    raised = Raised("app.Error", "m", notes=("asked twice",), attributes={"order_id": "77"}, related=(cause,))

    text = report(form, failures=[Failure("i", 0.0, "t", exception=raised)])

    places = [text.index(word) for word in ("asked twice", "order_id", "aused by", "the order was empty", "errno")]
    assert places == sorted(places)


def test_html_runs_nothing_and_needs_nothing() -> None:
    page = report("html")

    assert "<script" not in page
    assert "http://" not in page.replace("http-equiv", "")
    assert "&lt;script&gt;alert" in page
    assert "default-src 'none'" in page


def test_markdown_keeps_fences_and_tables_whole() -> None:
    text = report("md")

    assert "`````text\n<script>" in text
    assert "\\| " in text


@pytest.mark.parametrize("form", FORMATS)
def test_report_is_added_to_an_older_one(form) -> None:
    first = report(form, failures=[failure("first")])

    both = report(form, existing=first, failures=[failure("second")])

    assert 0 < both.index("first") < both.index("second")
    assert len(both) > len(first)


def test_added_json_counts_both() -> None:
    both = json.loads(report("json", existing=report("json")))

    assert both["summary"] == {"failures": 2, "shown": 2, "passed": 2, "kinds": 1}
    assert len(both["failures"]) == 2


@pytest.mark.parametrize("form", ["json", "yaml", "xml", "csv", "html"])
def test_what_is_no_report_is_not_added_to(form) -> None:
    with pytest.raises(FormatError, match="choose another file"):
        report(form, existing="something else\n")


def test_parts_can_be_left_out() -> None:
    config = OutputConfig(
        include_source=False,
        include_fixtures=False,
        include_metadata=False,
        include_calls=False,
        include_locals=False,
        max_failures=1,
    )
    found = json.loads(render(config, [failure("a"), failure("b", calls="c()")], timestamp=0))

    [kept] = found["failures"]
    assert kept["test_name"] == "b"
    assert kept.keys().isdisjoint({"source", "fixtures", "metadata", "calls"})
    assert kept["exception"]["frames"][0]["locals"] is None
    assert "code" not in kept["exception"]["frames"][0]


def test_traceback_and_frames_can_be_left_out() -> None:
    found = json.loads(report("json", include_traceback=False))["failures"][0]

    assert "traceback" not in found
    assert found["exception"]["frames"] == []


@pytest.mark.parametrize(
    ("name", "form"), [("a.html", "html"), ("a.YML", "yaml"), ("a.markdown", "md"), ("a", "json"), (None, "json")]
)
def test_format_goes_by_the_ending(name, form) -> None:
    assert OutputConfig(name).resolved_format.value == form


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(ConfigError, match="use one of json, md"):
        OutputConfig("report.pdf")
    with pytest.raises(ConfigError, match="custom_formatter"):
        OutputConfig(format=OutputFormat.CUSTOM)


def test_file_is_replaced_whole_and_private(tmp_path) -> None:
    path = tmp_path / "new" / "r.html"

    write_report(OutputConfig(path), [failure()])
    write_report(OutputConfig(path, append=True), [failure()])

    assert path.read_text(encoding="utf-8").count("<section>") == 2
    assert [p.name for p in path.parent.iterdir()] == ["r.html"]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("append", [False, True])
def test_pipe_is_written_to_and_stays_one(tmp_path, append) -> None:
    path = tmp_path / "r.json"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    write_report(OutputConfig(path, append=append), [])

    assert json.loads(os.read(reader, 10_000))["failures"] == []
    os.close(reader)
    assert path.is_fifo()


def test_link_stays_one_and_folders_are_their_owners(tmp_path) -> None:
    link = tmp_path / "latest.json"
    link.symlink_to(tmp_path / "monday.json")

    write_report(OutputConfig(link), [])
    write_report(OutputConfig(tmp_path / "a" / "b" / "r.json"), [])

    assert link.is_symlink()
    assert (tmp_path / "monday.json").exists()
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


def test_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RecordingError, match="cannot write"):
        write_report(OutputConfig(tmp_path / "file" / "r.json"), [])


def test_report_without_a_file_is_printed(capsys) -> None:
    assert write_report(OutputConfig(), [failure(message="m")]) is None
    assert json.loads(capsys.readouterr().out)["summary"]["failures"] == 1
