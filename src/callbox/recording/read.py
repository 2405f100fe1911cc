"""Reading boxes: everything that is intact, and an account of what is not.

Nothing in a file is trusted: a length counts only if the file is long enough, a
section only if its checksum holds, a block of slots only if it names functions
and threads that exist. Memory stays within a small multiple of the file's size.
"""

from __future__ import annotations

import mmap
import os
import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from callbox.errors import FormatError
from callbox.model import Capture, Function, Header
from callbox.recording import box
from callbox.recording.blocks import BlockError, ThreadBlocks
from callbox.recording.merge import add_parts
from callbox.recording.parts import parts_folder
from callbox.recording.recording import Recording
from callbox.recording.slots import N_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

_MAX_TICKS = (1 << 64) - 1
_MAX_NS = (1 << 62) - 1
_MAX_NS_PER_TICK = 1_000_000


def open_recording(path: str | os.PathLike[str]) -> Recording:
    """Open a box.

    A box that was cut short or damaged gives what is intact; `Recording.damage`
    says what is missing and why. The parts of a program that was killed, or of
    processes that outlived it, belong to the recording.

    Raises:
        FormatError: the file cannot be read, is no box or of another version, or
            its header, functions or threads are damaged.
    """
    capture, damage = read_box(path)
    return Recording.from_capture(add_parts(capture, parts_folder(path)), damage)


def read_box(path: str | os.PathLike[str]) -> tuple[Capture, tuple[str, ...]]:
    """Read a box without decoding it.

    Returns:
        The capture, whose segments are views of the mapped file; what is missing
        from it, a sentence each.

    Raises:
        FormatError: as for `open_recording`.
    """
    try:
        return _BoxReader(_map(Path(path))).read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise FormatError(f"cannot read {os.fspath(path)!r} as a box: {reason}") from error


def _map(path: Path) -> memoryview:
    # A pipe or a device would block, or never end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < box.PREAMBLE.size:
            raise ValueError("it is too short to be one")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


@dataclass(frozen=True, slots=True)
class _Section:
    tag: bytes
    offset: int
    payload: memoryview

    @property
    def name(self) -> str:
        return _tag_name(self.tag)


class _BoxReader:
    """One pass over a mapped box. Its methods raise ValueError where nothing can be shown."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._damage: list[str] = []
        self._n_sections = 0

    def read(self) -> tuple[Capture, tuple[str, ...]]:
        self._check_preamble()
        sections = self._iter_sections()
        header = self._take_table(sections, box.HEAD, Header)
        functions = self._take_table(sections, box.FUNCTIONS, tuple[Function, ...])
        rows = self._take_table(sections, box.THREADS, tuple[box.ThreadRow, ...])
        _check_header(header)
        known_codes = _known_codes(functions)
        threads = [ThreadBlocks(index, row, known_codes) for index, row in enumerate(rows)]
        self._take_blocks(sections, threads)
        for thread in threads:
            self._damage += thread.describe_gaps() + thread.values.describe_gaps()
        return Capture(header, functions, tuple(thread.capture() for thread in threads)), tuple(self._damage)

    def _check_preamble(self) -> None:
        magic, version, _ = box.PREAMBLE.unpack_from(self._data)
        if magic != box.MAGIC:
            raise ValueError(f"it begins with {magic!r} instead of {box.MAGIC!r}")
        if version != box.VERSION:
            raise ValueError(f"version {version}; this callbox reads {box.VERSION}")

    def _iter_sections(self) -> Iterator[_Section]:
        """Give the intact sections; note the others, and go on as far as lengths can be believed."""
        size = len(self._data)
        offset = box.PREAMBLE.size
        while offset + box.SECTION_SIZE <= size:
            tag, length, payload_crc = box.SECTION.unpack_from(self._data, offset)
            (header_crc,) = box.CHECKSUM.unpack_from(self._data, offset + box.SECTION.size)
            start = offset + box.SECTION_SIZE
            if zlib.crc32(self._data[offset : offset + box.SECTION.size]) != header_crc:
                self._note(offset, f"a section header is damaged: the last {size - offset} bytes are unreadable")
                return
            name = _tag_name(tag)
            if start + length > size:
                self._note(offset, f"section {name} of {length} bytes is cut off where the file ends, at byte {size}")
                return
            self._n_sections += 1
            payload = self._data[start : start + length]
            if zlib.crc32(payload) == payload_crc:
                yield _Section(tag, offset, payload)
            else:
                self._note(offset, f"section {name} of {length} bytes does not match its checksum")
            if tag == box.END:
                return
            offset = start + length + -length % box.ALIGNMENT
        self._damage.append(f"the end marker is missing: the file stops at byte {size}")

    def _take_table(self, sections: Iterator[_Section], tag: bytes, kind: type[T]) -> T:
        section = next(sections, None)
        if section is None or section.tag != tag:
            why = self._damage[0] if self._damage else "it is not where it should be"
            raise ValueError(f"its {tag.decode()} table is lost: {why}")
        try:
            return box.decode_table(section.payload, kind)
        except ValueError as error:
            raise ValueError(f"at byte {section.offset}: the {tag.decode()} table is malformed: {error}") from error

    def _take_blocks(self, sections: Iterator[_Section], threads: list[ThreadBlocks]) -> None:
        for section in sections:
            try:
                if section.tag == box.SLOTS:
                    _add_slots(section.payload, threads)
                elif section.tag == box.VALUES:
                    _add_values(section.payload, threads)
                elif section.tag == box.END:
                    self._check_end(section)
                else:
                    raise BlockError(f"section {section.name} is unknown to this callbox and was passed over")
            except BlockError as error:
                self._note(section.offset, str(error))

    def _check_end(self, section: _Section) -> None:
        if len(section.payload) != box.CLOSING.size:
            raise BlockError(f"the end marker has {len(section.payload)} bytes instead of {box.CLOSING.size}")
        n_sections, n_bytes = box.CLOSING.unpack(section.payload)
        if (n_sections, n_bytes) != (self._n_sections, len(self._data)):
            raise BlockError(
                f"the end marker counts {n_sections} sections and {n_bytes} bytes, "
                f"but there are {self._n_sections} and {len(self._data)}"
            )

    def _note(self, offset: int, what: str) -> None:
        self._damage.append(f"at byte {offset}: {what}")


def _tag_name(tag: bytes) -> str:
    return tag.decode("ascii", "backslashreplace")


def _add_slots(payload: memoryview, threads: list[ThreadBlocks]) -> None:
    index, high, first = _unpack(box.BLOCK, payload, "a block of slots")
    _thread_at(index, threads, "a block of slots").add(payload[box.BLOCK.size :], first, high)


def _add_values(payload: memoryview, threads: list[ThreadBlocks]) -> None:
    index, _, position = _unpack(box.VALUE_BLOCK, payload, "a block of values")
    _thread_at(index, threads, "a block of values").values.add(payload[box.VALUE_BLOCK.size :], position)


def _unpack(beginning: struct.Struct, payload: memoryview, what: str) -> tuple[int, ...]:
    if len(payload) < beginning.size:
        raise BlockError(f"{what} has only {len(payload)} bytes")
    return beginning.unpack_from(payload)


def _thread_at(index: int, threads: list[ThreadBlocks], what: str) -> ThreadBlocks:
    if index >= len(threads):
        raise BlockError(f"{what} belongs to thread {index}, but there are {len(threads)} threads")
    return threads[index]


def _check_header(header: Header) -> None:
    """Refuse clocks that no machine has: the arithmetic on them would overflow."""
    for reading in (header.started, header.ended):
        if not (0 <= reading.ticks <= _MAX_TICKS and max(abs(reading.monotonic_ns), abs(reading.epoch_ns)) <= _MAX_NS):
            raise ValueError(f"its header holds an impossible clock reading: {reading}")
    n_ticks = header.ended.ticks - header.started.ticks
    elapsed_ns = header.ended.monotonic_ns - header.started.monotonic_ns
    if n_ticks > 0 and elapsed_ns > n_ticks * _MAX_NS_PER_TICK:
        raise ValueError(f"its header's clock cannot be: {n_ticks} ticks in {elapsed_ns} ns")


def _known_codes(functions: tuple[Function, ...]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    known = np.zeros(N_CODES, np.bool_)
    ids = [function.id for function in functions]
    if any(not 0 <= number < N_CODES for number in ids):
        raise ValueError(f"its function table holds an id outside 0 to {N_CODES - 1}")
    known[ids] = True
    return known
