from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.captures import CaptureBuilder

from callbox.model import Capture
from callbox.recording import write_box

Sections = list[tuple[bytes, bytes]]


@pytest.fixture
def small_capture() -> Capture:
    """Two threads, five functions of which four occur, a generator, an exception, a turn of the clock."""
    builder = CaptureBuilder(start_ticks=(3 << 32) - 4_500)
    main, work, numbers, fails = (builder.function(name) for name in ("main", "work", "numbers", "fails"))
    builder.function("unused")
    first, second = builder.thread(), builder.thread("worker")
    first.call(main).call(numbers, frame=77).suspend(numbers).call(work).ret(work)
    first.resume(numbers, frame=77).ret(numbers).ret(main)
    second.call(work).call(fails).unwind(fails).ret(work)
    return builder.build()


@pytest.fixture
def small_box(small_capture, tmp_path, monkeypatch) -> Path:
    """`small_capture` in blocks of four slots: three for the first thread, one for the second."""
    monkeypatch.setattr("callbox.recording.box.BLOCK_MAX_SLOTS", 4)
    path = tmp_path / "small.cbx"
    write_box(small_capture, path)
    return path


@pytest.fixture
def small_sections(small_box) -> Sections:
    """Tags and payloads of `small_box`, by a reader of a dozen lines that follows docs/format.md."""
    data = small_box.read_bytes()
    sections = []
    at = 16
    while at < len(data):
        tag, length, payload_crc, header_crc = struct.unpack_from("<4sIII", data, at)
        payload = data[at + 16 : at + 16 + length]
        assert zlib.crc32(data[at : at + 12]) == header_crc
        assert zlib.crc32(payload) == payload_crc
        sections.append((tag, payload))
        at += 16 + length + -length % 8
    return sections


@pytest.fixture
def make_box(tmp_path) -> Callable[[Sections], Path]:
    """Make a box of any sections; its checksums and end marker are right, whatever else is not."""

    def make(sections: Sections) -> Path:
        sections = [section for section in sections if section[0] != b"DONE"]
        body = b"".join(pack_section(*section) for section in sections)
        closing = struct.pack("<QQ", len(sections) + 1, 16 + len(body) + 32)
        path = tmp_path / "made.cbx"
        path.write_bytes(struct.pack("<8sII", b"\x89CBX\r\n\x1a\n", 1, 0) + body + pack_section(b"DONE", closing))
        return path

    return make


def pack_section(tag: bytes, payload: bytes) -> bytes:
    fields = struct.pack("<4sII", tag, len(payload), zlib.crc32(payload))
    return fields + struct.pack("<I", zlib.crc32(fields)) + payload + bytes(-len(payload) % 8)


@pytest.fixture
def folder(tmp_path):
    """Where the parts of a box lie."""
    path = tmp_path / "box.cbx.parts"
    path.mkdir()
    return path
