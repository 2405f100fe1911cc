"""What callbox keeps, others on the machine cannot read: files have mode 0600 and folders 0700, at every depth."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.support import shop
from tests.support.desk import Desk

BENCHMARK = """
import shop

def time_price():
    shop.price("pear")
"""
TRACED = """
    with traced_snapshot:
        shop.price("pear")
    assert traced_snapshot == snapshot
"""
RECORDED = ["--callbox=trace", "--callbox-failures", "--callbox-telemetry", "--telemetry-output", "records.txt"]
COMMANDS = {
    "box": ["-m", "callbox", "run", "-q", "-o", "kept.cbx", "--", "shop.py"],
    "calls": ["-m", "callbox", "record", "-q", "-s", "kept/calls", "shop.*", "--", "shop.py"],
    "pickles": ["-m", "callbox", "record", "-q", "--format", "pickle", "-s", "kept/calls", "shop.*", "--", "shop.py"],
    "json": ["-m", "callbox", "record", "-q", "--format", "json", "-s", "kept/calls", "shop.*", "--", "shop.py"],
    "reprs": ["-m", "callbox", "record", "-q", "--format", "repr", "-s", "kept/calls", "shop.*", "--", "shop.py"],
    "benchmarks": ["-m", "callbox", "bench", "capture", "benchmarks", "--trace", "--snapshot-dir", "kept/snapshots"],
    "tests": ["-m", "pytest", "-q", "-p", "no:cacheprovider", *RECORDED],
}
OF_THE_PROJECT = {"shop.py", "test_shop.py", "benchmarks", "benchmarks/prices.py"}


def modes_of(folder: Path) -> dict[str, int]:
    """Return the modes of what lies below a folder, by path, without the project's own."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if "__pycache__" not in path.parts}
    return {name: stat.S_IMODE(path.stat().st_mode) for name, path in found.items() if name not in OF_THE_PROJECT}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_what_is_kept_is_for_its_owner_alone(tmp_path, words) -> None:
    desk = Desk.at(tmp_path)
    shop.lay_out(desk)
    desk.write("benchmarks/prices.py", BENCHMARK)

    desk.python(*words)

    modes = modes_of(tmp_path)
    folders = {name for name in modes if (tmp_path / name).is_dir()}
    assert set(modes) - folders != set()
    assert {name: oct(modes[name]) for name in folders} == dict.fromkeys(folders, "0o700")
    assert {name: oct(mode) for name, mode in modes.items() if name not in folders and mode != 0o600} == {}


def test_sources_have_the_mode_that_other_files_get(tmp_path) -> None:
    desk = Desk.at(tmp_path)
    shop.lay_out(desk)
    other = desk.write("test_traced.py", "import shop\ndef test_pear(traced_snapshot, snapshot):\n" + TRACED)
    desk.callbox("record", "-q", "shop.price", "--", "-c", "import shop; shop.price('pear')")

    desk.callbox("gen", "-d", "tests")
    desk.callbox("types")
    desk.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "--snapshot-update", "test_traced.py")

    sources = ["tests/test_shop_price.py", "stubs/shop.pyi", "__snapshots__/test_traced.ambr"]
    assert {(tmp_path / name).stat().st_mode for name in sources} == {other.stat().st_mode}
