"""Reading boxes: everything that is intact, and an account of what is not.

Nothing in a file is trusted: a length counts only if the file is long enough, a
section only if its checksum holds, a block of slots only if it names functions
and threads that exist. Memory stays within a small multiple of the file's size.
"""

from __future__ import annotations

import mmap
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from callbox.errors import FormatError, reason
from callbox.model import Capture, Function, Header
from callbox.recording import box
from callbox.recording.blocks import BlockError, ThreadBlocks
from callbox.recording.merge import BoxContents, add_parts, read_parts
from callbox.recording.packing import unpack_octets, unpack_slots
from callbox.recording.parts import parts_folder
from callbox.recording.recording import Recording
from callbox.recording.sections import Section, SectionReader
from callbox.recording.slots import N_CODES, SLOT_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_TABLES = (box.HEAD, box.FUNCTIONS, box.THREADS)
_BLOCKS = (box.SLOTS, box.PACKED_SLOTS, box.VALUES, box.PACKED_VALUES)
_MAX_TICKS = (1 << 64) - 1
_MAX_NS = (1 << 62) - 1
_MAX_NS_PER_TICK = 1_000_000
_MIN_BUDGET = 1 << 26
_BUDGET_SHARE = 200
"""What blocks may unpack to, beside the size of the file: more would be there to exhaust the memory."""


def open_recording(path: str | os.PathLike[str]) -> Recording:
    """Open a box.

    A box that was cut short or damaged gives what is intact; `Recording.damage`
    says what is missing and why. The parts of a program that was killed, or of
    processes that outlived it, belong to the recording.

    Raises:
        FormatError: the file cannot be read, is no box or of another version, or
            its header, functions or threads are damaged.
    """
    # Before the box: a collector may move what they hold from the parts into it, and not back.
    parts = read_parts(parts_folder(path))
    contents = read_contents(path, is_growing=parts.is_present)
    return Recording(add_parts(contents, parts), contents.damage)


def read_box(path: str | os.PathLike[str]) -> tuple[Capture, tuple[str, ...]]:
    """Read a box without decoding it, or what lies beside it.

    Returns:
        The capture; what is missing from it, a sentence each.

    Raises:
        FormatError: as for `open_recording`.
    """
    contents = read_contents(path)
    return contents.capture, contents.damage


def read_contents(path: str | os.PathLike[str], *, is_growing: bool = False) -> BoxContents:
    """Read a box, and where its threads came from.

    Args:
        path: the box.
        is_growing: whether it may be in the middle of being written, so that its end is no damage.

    Raises:
        FormatError: as for `open_recording`.
    """
    try:
        return _BoxReader(_map(Path(path)), is_growing=is_growing).read()
    except (OSError, ValueError) as error:
        raise FormatError(f"cannot read {os.fspath(path)!r} as a box: {reason(error)}") from error


def _map(path: Path) -> mmap.mmap:
    # A pipe or a device would block, or never end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < box.PREAMBLE.size:
            raise ValueError("it is too short to be one")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


class _BoxReader:
    """One pass over a mapped box. Its methods raise ValueError where nothing can be shown."""

    def __init__(self, data: mmap.mmap, *, is_growing: bool) -> None:
        self._data = data
        self._sections = SectionReader(data, is_growing=is_growing)
        self._header: Header
        self._functions: dict[int, Function] = {}
        self._rows: dict[int, box.ThreadRow] = {}
        self._blocks: list[Section] = []
        self._n_unpacked_bytes = 0

    def read(self) -> BoxContents:
        self._check_preamble()
        sections = iter(self._sections)
        for tag in (box.HEAD, box.FUNCTIONS, box.THREADS):
            self._take_first(sections, tag)
        for section in sections:
            self._take(section)
        rows = [self._rows[number] for number in sorted(self._rows)]
        known_codes = _known_codes(self._functions)
        threads = [ThreadBlocks(index, row, known_codes) for index, row in enumerate(rows)]
        for section in self._blocks:
            self._try(section, lambda section: self._add_block(section, threads))
        for thread in threads:
            self._sections.damage += thread.describe_gaps() + thread.values.describe_gaps()
        capture = Capture(self._header, tuple(self._functions.values()), tuple(thread.capture() for thread in threads))
        sources = tuple((row.source, thread.n_seen) for row, thread in zip(rows, threads, strict=True))
        return BoxContents(capture, tuple(self._sections.damage), sources)

    def _check_preamble(self) -> None:
        magic, version, _ = box.PREAMBLE.unpack_from(self._data)
        if magic != box.MAGIC:
            raise ValueError(f"it begins with {magic!r} instead of {box.MAGIC!r}")
        if version not in box.READABLE_VERSIONS:
            raise ValueError(f"version {version}; this callbox reads {box.VERSION}")

    def _take_first(self, sections: Iterator[Section], tag: bytes) -> None:
        """Take one of the tables that every box begins with."""
        section = next(sections, None)
        if section is None or section.tag != tag:
            damage = self._sections.damage
            why = damage[0] if damage else "it is not where it should be"
            raise ValueError(f"its {tag.decode()} table is lost: {why}")
        try:
            self._take_table(section)
        except BlockError as error:
            raise ValueError(f"at byte {section.offset}: {error}") from error

    def _take(self, section: Section) -> None:
        if section.tag in _TABLES:
            self._try(section, self._take_table)
        elif section.tag in _BLOCKS:
            self._blocks.append(section)
        elif section.tag == box.END:
            self._try(section, self._check_end)
        else:
            self._note(section, f"section {section.name} is unknown to this callbox and was passed over")

    def _try(self, section: Section, take: Callable[[Section], None]) -> None:
        try:
            take(section)
        except BlockError as error:
            self._note(section, str(error))

    def _note(self, section: Section, what: str) -> None:
        self._sections.note(section.offset, what)

    def _take_table(self, section: Section) -> None:
        """Take a table, or more rows of one."""
        try:
            if section.tag == box.HEAD:
                header = box.decode_table(section.payload, Header)
                _check_header(header)
                self._header = header
            elif section.tag == box.FUNCTIONS:
                functions = box.decode_table(section.payload, tuple[Function, ...])
                _check_ids(functions)
                self._functions.update((function.id, function) for function in functions)
            else:
                rows = box.decode_table(section.payload, tuple[box.ThreadRow, ...])
                numbered = [(i if row.number is None else row.number, row) for i, row in enumerate(rows)]
                _check_numbers({*self._rows, *(number for number, _ in numbered)})
                self._rows.update(numbered)
        except ValueError as error:
            raise BlockError(f"the {section.name} table is malformed: {error}") from error

    def _add_block(self, section: Section, threads: list[ThreadBlocks]) -> None:
        what = "a block of slots" if section.tag in (box.SLOTS, box.PACKED_SLOTS) else "a block of values"
        payload = section.payload
        if len(payload) < box.BLOCK.size:
            raise BlockError(f"{what} has only {len(payload)} bytes")
        index, high, first = box.BLOCK.unpack_from(payload)
        if index >= len(threads):
            raise BlockError(f"{what} belongs to thread {index}, but there are {len(threads)} threads")
        rest = payload[box.BLOCK.size :]
        if section.tag in (box.PACKED_SLOTS, box.PACKED_VALUES):
            rest = self._unpack(rest, section.tag, what)
        if section.tag in (box.SLOTS, box.PACKED_SLOTS):
            threads[index].add(rest, first, high)
        else:
            threads[index].values.add(rest, first)

    def _unpack(self, packed: memoryview, tag: bytes, what: str) -> memoryview:
        if len(packed) < box.COUNT.size:
            raise BlockError(f"{what} has only {len(packed)} bytes")
        count = box.COUNT.unpack_from(packed)[0]
        size, limit = (SLOT_SIZE, box.BLOCK_MAX_SLOTS) if tag == box.PACKED_SLOTS else (1, box.VALUE_BLOCK_MAX_BYTES)
        self._n_unpacked_bytes += count * size
        if not 0 < count <= limit or self._n_unpacked_bytes > _MIN_BUDGET + _BUDGET_SHARE * len(self._data):
            raise BlockError(f"{what} would unpack to {count * size} bytes, more than can be")
        try:
            if tag == box.PACKED_SLOTS:
                return unpack_slots(packed[box.COUNT.size :], count).view(np.uint8).data
            return memoryview(unpack_octets(packed[box.COUNT.size :], count))
        except ValueError as error:
            raise BlockError(f"{what} cannot be unpacked: {error}") from error

    def _check_end(self, section: Section) -> None:
        if len(section.payload) != box.CLOSING.size:
            raise BlockError(f"the end marker has {len(section.payload)} bytes instead of {box.CLOSING.size}")
        n_sections, n_bytes = box.CLOSING.unpack(section.payload)
        if (n_sections, n_bytes) != (self._sections.n_found, len(self._data)):
            raise BlockError(
                f"the end marker counts {n_sections} sections and {n_bytes} bytes, "
                f"but there are {self._sections.n_found} and {len(self._data)}"
            )


def _check_header(header: Header) -> None:
    """Refuse clocks that no machine has: the arithmetic on them would overflow."""
    for reading in (header.started, header.ended):
        if not (0 <= reading.ticks <= _MAX_TICKS and max(abs(reading.monotonic_ns), abs(reading.epoch_ns)) <= _MAX_NS):
            raise ValueError(f"its header holds an impossible clock reading: {reading}")
    n_ticks = header.ended.ticks - header.started.ticks
    elapsed_ns = header.ended.monotonic_ns - header.started.monotonic_ns
    if n_ticks > 0 and elapsed_ns > n_ticks * _MAX_NS_PER_TICK:
        raise ValueError(f"its header's clock cannot be: {n_ticks} ticks in {elapsed_ns} ns")


def _check_ids(functions: tuple[Function, ...]) -> None:
    if any(not 0 <= function.id < N_CODES for function in functions):
        raise ValueError(f"its function table holds an id outside 0 to {N_CODES - 1}")


def _check_numbers(numbers: set[int]) -> None:
    if numbers and (min(numbers), max(numbers)) != (0, len(numbers) - 1):
        raise ValueError(f"its {len(numbers)} threads are numbered {min(numbers)} to {max(numbers)}")


def _known_codes(functions: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    known = np.zeros(N_CODES, np.bool_)
    known[list(functions)] = True
    return known
