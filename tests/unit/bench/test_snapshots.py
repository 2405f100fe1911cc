"""Snapshots at a location, damaged ones too."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from callbox.bench.model import ENTRY_FORMAT, Entry, Origin, Part, Verdict
from callbox.bench.parts import digest_of
from callbox.bench.snapshots import Snapshots, name_of
from callbox.errors import FormatError
from callbox.store.location import open_location

ORIGIN = Origin("2026-01-01", "", False, "3.11", "Linux", {}, 1, 0, "2024-02-29")
DATA = b"data" * 100
DIGEST = digest_of(DATA)
ENTRY = Entry(
    *("a.time_x('ü/..')", "a.time_x", "1", Verdict.CAPTURED, ORIGIN, ENTRY_FORMAT), parts=(Part("result", DIGEST, 400),)
)


@pytest.fixture(params=["folder", "memory"])
def snapshots(request, tmp_path) -> Snapshots:
    if request.param == "memory":
        pytest.importorskip("fsspec")
    url = str(tmp_path / "here") if request.param == "folder" else f"memory://{tmp_path.name}"
    snapshots = Snapshots(open_location(url))
    snapshots.create()
    snapshots.put(ENTRY, {DIGEST: DATA})
    return snapshots


def test_what_was_put_is_found(snapshots) -> None:
    assert snapshots.find(ENTRY.id) == ENTRY
    assert snapshots.entries() == {ENTRY.id: ENTRY}
    assert snapshots.blob(DIGEST) == DATA


def test_blob_that_another_entry_needs_stays(snapshots) -> None:
    other = replace(ENTRY, id="a.time_y")
    snapshots.put(other, {DIGEST: DATA})

    assert snapshots.delete([ENTRY.id]) == 0
    assert snapshots.blob(DIGEST) == DATA
    assert snapshots.delete(["a.time_y"]) == 1


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"x\x9cK\x04\x00\x00b\x00b"], ids=["empty", "nonsense", "other"])
def test_damaged_blob_is_named(snapshots, damage) -> None:
    snapshots.location.write(f"blobs/{DIGEST[:2]}/{DIGEST}", damage)

    with pytest.raises(FormatError, match=rf"blob {DIGEST} in .* is damaged: .*capture again"):
        snapshots.blob(DIGEST)


@pytest.mark.parametrize(
    ("damage", "message"),
    [(b"{", "is damaged"), (b"{}", "is damaged"), (b'{"format": 1}', "is damaged")],
)
def test_damaged_entry_is_named(snapshots, damage, message) -> None:
    snapshots.location.write(name_of(ENTRY.id), damage)

    with pytest.raises(FormatError, match=message):
        snapshots.find(ENTRY.id)


def test_entry_of_a_later_format_is_refused(snapshots) -> None:
    snapshots.put(replace(ENTRY, format=ENTRY_FORMAT + 1), {})

    with pytest.raises(FormatError, match="has format 2, this callbox knows 1"):
        snapshots.find(ENTRY.id)


def test_folder_of_other_files_is_refused(tmp_path) -> None:
    (tmp_path / "thesis.txt").touch()

    with pytest.raises(FormatError, match="holds files, but no snapshots of callbox"):
        Snapshots(open_location(tmp_path)).create()


def test_capture_of_another_plan_is_not_gone_on_with(snapshots) -> None:
    snapshots.mark_unfinished({"cases": "1"}, "2025-12-31")

    assert snapshots.begun({"cases": "2"}) == {}
    assert list(snapshots.begun({"cases": "1"})) == [ENTRY.id]
