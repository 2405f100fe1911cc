"""Function logs are read as far as their rows are whole."""

from __future__ import annotations

import struct

import pytest
from tests.support.parts import function, pack_log, pack_row

from callbox.recording.function_log import LogError, read_function_log

LOAD = function(4, "load", code_flags=3)
LEN = function(9, "len", is_c=True)
ODD = function(5, "f\udce9", parameters=("a", "b"))


@pytest.fixture
def read(tmp_path):
    def read(data: bytes):
        path = tmp_path / "7-1.functions"
        path.write_bytes(data)
        return read_function_log(path)

    return read


def test_every_row_is_a_function(read) -> None:
    assert read(pack_log(LOAD, LEN, ODD)) == ((LOAD, LEN, ODD), "")


@pytest.mark.parametrize("n_bytes", range(len(pack_row(LEN))))
def test_torn_last_row_is_dropped(read, n_bytes) -> None:
    assert read(pack_log(LOAD) + pack_row(LEN)[:n_bytes]) == ((LOAD,), "")


@pytest.mark.parametrize("n_bytes", range(8))
def test_torn_magic_is_an_empty_log(read, n_bytes) -> None:
    assert read(pack_log()[:n_bytes]) == ((), "")


@pytest.mark.parametrize(
    "row",
    [
        struct.pack("<4I", 0, 1, 1, 0),
        struct.pack("<4I", 16, 1, 1, 0),
        struct.pack("<4I", 16, 1 << 24, 1, 0),
        struct.pack("<5I", 20, 1, 1, 0, 99),
        struct.pack("<5I", 21, 1, 1, 0, 1) + b"\xff",
    ],
)
def test_damaged_row_ends_the_log_and_is_named(read, row) -> None:
    functions, damage = read(pack_log(LOAD) + row + pack_row(LEN))

    assert functions == (LOAD,)
    assert damage.startswith(f"the row at byte {len(pack_log(LOAD))} is damaged")


def test_another_file_is_refused(read) -> None:
    with pytest.raises(LogError, match="begins with"):
        read(b"import this")


def test_missing_file_is_refused(tmp_path) -> None:
    with pytest.raises(LogError, match="No such file"):
        read_function_log(tmp_path / "none.functions")
