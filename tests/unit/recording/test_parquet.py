"""Datasets of Parquet files."""

from __future__ import annotations

import json
import stat

import pytest

from callbox.errors import ConfigError
from callbox.recording import Recording
from callbox.recording.parquet import write_parquet
from callbox.recording.tables import Tables

pyarrow = pytest.importorskip("pyarrow")
dataset = pytest.importorskip("pyarrow.dataset")


@pytest.fixture
def recording(small_capture) -> Recording:
    return Recording(small_capture)


@pytest.mark.parametrize("name", ["calls", "events", "functions", "threads"])
def test_what_is_read_back_is_the_table(recording, tmp_path, name) -> None:
    write_parquet(recording, str(tmp_path / "out"), box="a.cbx", about={})

    table = Tables(recording, "a.cbx").table(name)
    expected = pyarrow.Table.from_batches(table.batches(), schema=table.schema).to_pylist()
    assert dataset.dataset(tmp_path / "out" / name, partitioning="hive").to_table().to_pylist() == expected


def test_tables_are_partitioned_by_process(recording, tmp_path) -> None:
    write_parquet(recording, str(tmp_path / "out"), box="a.cbx", about={"command": ["x"]})

    assert [path.name for path in (tmp_path / "out" / "calls").iterdir()] == ["process_id=4321"]
    assert json.loads((tmp_path / "out" / "callbox.json").read_text()) == {
        "format": "callbox.tables",
        "version": 1,
        "command": ["x"],
    }


def test_dataset_is_its_owners_alone(recording, tmp_path) -> None:
    write_parquet(recording, str(tmp_path / "out"), box="a.cbx", about={})

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_url_is_written_to(recording) -> None:
    fsspec = pytest.importorskip("fsspec")

    write_parquet(recording, "memory://bucket/out", box="a.cbx", about={})
    write_parquet(recording, "memory://bucket/out", box="b.cbx", about={})

    files = fsspec.filesystem("memory").find("/bucket/out")
    assert "/bucket/out/callbox.json" in files
    assert [file for file in files if "/calls/" in file] == ["/bucket/out/calls/process_id=4321/part-0.parquet"]


def test_what_is_no_dataset_stays(recording, tmp_path) -> None:
    (tmp_path / "out").mkdir()

    with pytest.raises(ConfigError, match="no dataset of callbox stands there"):
        write_parquet(recording, str(tmp_path / "out"), box="a.cbx", about={})


def test_what_cannot_be_written_leaves_nothing(recording, tmp_path) -> None:
    with pytest.raises(ConfigError, match="cannot write the dataset"):
        write_parquet(recording, str(tmp_path / "no" / "out"), box="a.cbx", about={})

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["nowhere://x/y", "memory://bucket/notes"])
def test_url_that_cannot_be_written_to_is_an_error(recording, url) -> None:
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe_file("/bucket/notes/a.txt", b"")

    with pytest.raises(ConfigError, match="cannot write the dataset"):
        write_parquet(recording, url, box="a.cbx", about={})
