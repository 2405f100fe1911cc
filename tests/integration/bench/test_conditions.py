"""What holds while a benchmark runs, and what is kept of it in which files."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from tests.support.desk import Desk

from callbox.values.exact import decode

BENCHMARKS = """
import ctypes, os, sys, time
from pathlib import Path

import shop

with open(os.environ["IMPORTS"], "a") as file:
    print(os.getpid(), file=file)


def time_prints_much():
    os.write(1, b"x" * (100 << 10))


def time_prints_from_c():
    libc = ctypes.CDLL(None)
    libc.printf(b"from C\\n")
    libc.fflush(None)


def time_conditions():
    begun_ns, now_s = time.monotonic_ns(), time.time()
    while time.monotonic_ns() == begun_ns:
        pass
    threads = [os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")]
    return {"stood": time.time() == now_s, "seed": os.environ["PYTHONHASHSEED"], "threads": threads}


def time_deep():
    shop.outer(3)


def time_shallow():
    [1].copy()


class Many:
    params = list(range(20))

    def time_n(self, n):
        return n
"""
SHOP = """
def inner(n):
    return [n] * 3


def outer(n):
    inner(n)
"""
MEETING = """
import os, time
from pathlib import Path


def time_meets():
    folder = Path(os.environ["MEETING"])
    (folder / __name__).touch()
    until = time.monotonic() + 20
    while len(list(folder.iterdir())) < 2:
        assert time.monotonic() < until, "nobody else came"
        time.sleep(0.01)
    return 2
"""


class Kept:
    """What a capture has kept in a folder."""

    def __init__(self, folder: Path, imports: Path) -> None:
        self.folder = folder / ".snapshots"
        read = [json.loads(path.read_text()) for path in (self.folder / "cases").iterdir()]
        self.entries = {entry["id"].removeprefix("one."): entry for entry in read}
        self.importers = imports.read_text().splitlines()

    def names(self, case: str) -> list[str]:
        return [part["name"] for part in self.entries[case]["parts"]]

    def blob(self, case: str, name: str) -> tuple[str, bytes]:
        [digest] = [part["digest"] for part in self.entries[case]["parts"] if part["name"] == name]
        return digest, zlib.decompress((self.folder / "blobs" / digest[:2] / digest).read_bytes())

    def value(self, case: str, name: str) -> Any:
        return decode(self.blob(case, name)[1])


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Kept:
    folder = tmp_path_factory.mktemp("conditions")
    desk = Desk.at(folder)
    desk.write("asv.conf.json", '{"version": 1, "project": "shop", "benchmark_dir": "benchmarks"}')
    desk.write("benchmarks/__init__.py", "")
    desk.write("benchmarks/one.py", BENCHMARKS)
    desk.write("shop.py", SHOP)
    imports = tmp_path_factory.mktemp("imports") / "imports"
    ending = desk.callbox("bench", "capture", ".", "--deepest", IMPORTS=str(imports))
    assert ending.code == 0, ending.out
    return Kept(folder, imports)


def test_clock_stands_still_and_seeds_and_threads_are_fixed(kept) -> None:
    assert kept.value("time_conditions", "result") == {"stood": True, "seed": "0", "threads": ["1", "1", "1"]}


def test_what_c_code_prints_is_kept_and_of_much_its_length_and_hash(kept) -> None:
    assert kept.value("time_prints_from_c", "stdout") == "from C\n"
    much = kept.value("time_prints_much", "stdout")
    whole = hashlib.blake2b(b"x" * 102_400, digest_size=16).hexdigest()
    assert (much["n_bytes"], much["blake2b"], much["begins"][:3]) == (102_400, whole, "xxx")


def test_deepest_call_is_one_of_the_code_under_test(kept) -> None:
    assert kept.names("time_deep") == ["deepest shop.inner"]
    assert kept.value("time_deep", "deepest shop.inner") == [3, 3, 3]
    assert [name for name in kept.names("time_shallow") if name.startswith("deepest")] == []


def test_files_are_what_the_page_says(kept) -> None:
    digest, data = kept.blob("time_conditions", "result")

    assert json.loads((kept.folder / "callbox-bench.json").read_text()) == {"callbox bench": 1}
    assert hashlib.blake2b(data, digest_size=16).hexdigest() == digest
    assert {path.name for path in kept.folder.iterdir()} == {"callbox-bench.json", "cases", "blobs"}


def test_import_is_paid_once_for_many_cases(kept) -> None:
    assert len(kept.entries) == 25
    assert len(kept.importers) <= 6


def test_batches_run_at_a_time(workshop, tmp_path_factory) -> None:
    workshop.only(MEETING)
    workshop.desk.write("benchmarks/two.py", MEETING)
    meeting = tmp_path_factory.mktemp("meeting")

    verdicts = workshop.verdicts("capture", ".", "--jobs", "2", MEETING=str(meeting))

    assert verdicts == {"one.time_meets": "captured", "two.time_meets": "captured"}
