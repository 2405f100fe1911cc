"""`callbox export`, each format read by its own consumer."""

from __future__ import annotations

import io
import json
import pstats
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from tests.support.desk import Desk

SCHEMA = Path(__file__).parents[2] / "gold" / "schemas" / "speedscope.json"
FORMATS = {
    "perfetto": "shop.pftrace",
    "chrome": "shop.trace.json",
    "speedscope": "shop.speedscope.json",
    "folded": "shop.folded",
    "pstats": "shop.pstats",
    "dot": "shop.dot",
    "csv": "shop.csv",
}


@pytest.fixture
def desk(boxes, tmp_path) -> Desk:
    """An empty folder with a copy of `shop.cbx`."""
    shutil.copy(boxes.folder / "shop.cbx", tmp_path)
    return Desk.at(tmp_path)


@pytest.mark.parametrize(("form", "name"), FORMATS.items())
def test_file_stands_in_the_working_folder_for_its_owner_alone(desk, form, name) -> None:
    ending = desk.callbox("export", "shop.cbx", "--to", form)

    assert (ending.code, ending.out) == (0, b"")
    assert ending.err.decode().startswith(f"wrote {name}: open it with ")
    assert stat.S_IMODE((desk.folder / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in desk.folder.iterdir()) == sorted(["shop.cbx", name])


@pytest.mark.parametrize("form", ["perfetto", "csv"])
def test_standard_output_gets_the_same_as_a_file(desk, form) -> None:
    desk.callbox("export", "shop.cbx", "--to", form, "-o", "file")

    assert desk.callbox("export", "shop.cbx", "--to", form, "-o", "-").out == (desk.folder / "file").read_bytes()


def test_perfetto_is_what_is_written_by_default(desk) -> None:
    perfetto_trace = pytest.importorskip("perfetto.protos.perfetto.trace.perfetto_trace_pb2")
    desk.callbox("export", "shop.cbx")

    trace = perfetto_trace.Trace.FromString((desk.folder / "shop.pftrace").read_bytes())

    tracks = [packet.track_descriptor for packet in trace.packet if packet.HasField("track_descriptor")]
    names = {track.name or track.thread.thread_name for track in tracks}
    events = [packet.track_event for packet in trace.packet if packet.HasField("track_event")]
    made = [flow for event in events for flow in event.flow_ids]
    ended = [flow for event in events for flow in event.terminating_flow_ids]
    assert {"MainThread", "task 1: orders", "task 2: order", "task 3: order"} <= names
    # Two orders were made, each was resumed once, and what gathered them was.
    assert sorted(made) == sorted(ended) == [1, 2, 3, 4, 5]
    assert {note.string_value for event in events for note in event.debug_annotations} >= {"'tea'", "ValueError('')"}


def test_chrome_trace_is_json_of_complete_events(desk) -> None:
    events = json.loads(desk.callbox("export", "shop.cbx", "--to", "chrome", "-o", "-").out)["traceEvents"]

    segments = [event for event in events if event["name"] == "__main__.prices"]
    assert len(segments) == 3
    assert {event["ph"] for event in events} == {"M", "X"}


def test_speedscope_follows_its_schema(desk) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    written = json.loads(desk.callbox("export", "shop.cbx", "--to", "speedscope", "-o", "-").out)

    jsonschema.validate(written, json.loads(SCHEMA.read_text()))

    assert written["name"] == "shop.cbx"
    assert len(written["profiles"]) == 2


def test_pstats_loads_and_prints(desk) -> None:
    desk.callbox("export", "shop.cbx", "--to", "pstats")

    stats = pstats.Stats(str(desk.folder / "shop.pstats"), stream=io.StringIO())

    assert stats.total_calls == 27
    assert "(price)" in stats.print_callees().stream.getvalue()


def test_folded_stacks_end_in_a_number(desk) -> None:
    lines = desk.callbox("export", "shop.cbx", "--to", "folded", "-o", "-").out.decode().splitlines()

    stacks = dict(line.rsplit(" ", 1) for line in lines)
    assert "MainThread;__main__.<module>;__main__.main;__main__.prices;__main__.price" in stacks
    assert all(int(number) > 0 for number in stacks.values())


def test_graphviz_draws_the_graph(desk) -> None:
    dot = shutil.which("dot")
    if dot is None:
        pytest.skip("Graphviz is not installed")
    desk.callbox("export", "shop.cbx", "--to", "dot")

    drawn = subprocess.run([dot, "-Tsvg", desk.folder / "shop.dot"], capture_output=True, text=True, timeout=60)

    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert ">price<" in drawn.stdout


def test_csv_has_a_line_for_each_call(desk) -> None:
    lines = desk.callbox("export", "shop.cbx", "--to", "csv", "-o", "-").out.decode().splitlines()

    assert lines[0].startswith("call,parent,function,")
    assert len(lines) == 28


def test_parquet_is_a_dataset_that_duckdb_and_pyarrow_read(desk) -> None:
    duckdb = pytest.importorskip("duckdb")
    dataset = pytest.importorskip("pyarrow.dataset")
    ending = desk.callbox("export", "shop.cbx", "--to", "parquet", "-o", "tables")
    folder = desk.folder / "tables"

    counts = duckdb.sql(
        f"select function, count(*) from read_parquet('{folder}/calls/**/*.parquet', hive_partitioning=true) "
        "where outcome = 'raised' group by all"
    ).fetchall()
    calls = dataset.dataset(folder / "calls", partitioning="hive").to_table()

    assert ending.code == 0
    assert counts == [("__main__.price", 1)]
    assert calls.num_rows == 27
    assert {"process_id", "function", "inclusive_ns"} <= set(calls.column_names)
    assert json.loads((folder / "callbox.json").read_text())["command"] == ["shop.py"]
    assert {path.name for path in folder.iterdir()} == {
        "callbox.json",
        "calls",
        "events",
        "functions",
        "threads",
        "values",
    }


def test_dataset_replaces_a_dataset_and_nothing_else(desk) -> None:
    pytest.importorskip("pyarrow")
    desk.write("notes/precious.txt", "")
    desk.callbox("export", "shop.cbx", "--to", "parquet", "-o", "tables")

    again = desk.callbox("export", "shop.cbx", "--to", "parquet", "-o", "tables")
    refused = desk.callbox("export", "shop.cbx", "--to", "parquet", "-o", "notes")

    assert again.code == 0
    assert refused.code == 2
    assert b"no dataset of callbox stands there" in refused.err
    assert (desk.folder / "notes" / "precious.txt").exists()


def test_urls_are_written_to(desk) -> None:
    pytest.importorskip("fsspec")
    url = (desk.folder / "remote").as_uri()

    file = desk.callbox("export", "shop.cbx", "--to", "folded", "-o", f"local://{desk.folder}/by-url.folded")
    folder = desk.callbox("export", "shop.cbx", "--to", "parquet", "-o", url)

    assert (file.code, folder.code) == (0, 0)
    assert b"__main__.price" in (desk.folder / "by-url.folded").read_bytes()
    assert (desk.folder / "remote" / "callbox.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.cbx"], 4, "No such file or directory; `callbox` names the recordings that are here"),
        (["broken.cbx"], 4, "broken.cbx"),
        (["empty.cbx"], 3, "holds no calls"),
        (["shop.cbx", "-o", "no/such/folder/out"], 2, "cannot write 'no/such/folder/out'"),
        (["shop.cbx", "-o", "."], 2, "cannot write '.'"),
        (["shop.cbx", "-o", "nowhere://x/y"], 2, "nowhere"),
        (["shop.cbx", "--to", "parquet", "-o", "shop.py"], 2, "no dataset of callbox"),
        (["shop.cbx", "--to", "parquet", "-o", "no/such/folder"], 2, "cannot write the dataset"),
        (["shop.cbx", "--to", "xml"], 2, "xml"),
    ],
)
def test_bad_input_is_said_in_one_line(shop, arguments, code, message) -> None:
    ending = shop.callbox("export", *arguments)

    assert ending.code == code
    assert message in ending.err.decode()
    assert ending.err.decode().count("\n") == 1


def test_damaged_box_is_exported_as_far_as_it_goes(shop, tmp_path) -> None:
    ending = shop.callbox("export", "damaged.cbx", "--to", "csv", "-o", str(tmp_path / "out.csv"))

    assert ending.code == 4
    assert b"warning" in ending.err
    assert (tmp_path / "out.csv").read_text().count("\n") > 20


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_full_disk_leaves_what_stood_there(desk) -> None:
    ending = desk.callbox("export", "shop.cbx", "--to", "csv", "-o", "/dev/full")

    assert ending.code == 2
    assert b"No space left on device" in ending.err


def test_format_may_be_configured(desk) -> None:
    desk.write("callbox.toml", '[export]\nto = "folded"\n')

    assert desk.callbox("export", "shop.cbx").err == b"wrote shop.folded: open it with flamegraph.pl --countname ns\n"
    assert desk.callbox("export", "shop.cbx", CALLBOX_EXPORT_TO="xml").code == 2
