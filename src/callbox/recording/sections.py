"""Sections of a box: written one after the other, and found again in a file that may be damaged."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from callbox.recording import box

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator


class Sink(Protocol):
    """What sections are written to."""

    def write(self, data: bytes, /) -> int:
        """Write all of it, and return how many bytes that is."""


class SectionWriter:
    """The sections of a box being written, counted for its end marker."""

    def __init__(self, file: Sink) -> None:
        """Begin a box: write its preamble."""
        self._file = file
        self._n_sections = 0
        self.n_bytes = file.write(box.PREAMBLE.pack(box.MAGIC, box.VERSION, 0))

    def write(self, tag: bytes, payload: bytes) -> None:
        """Write a section.

        Raises:
            OSError: it could not be written; what there is of it must be cut off, at `n_bytes`.
        """
        header = box.pack_section_header(tag, len(payload), zlib.crc32(payload))
        section = b"".join((header, payload, bytes(-len(payload) % box.ALIGNMENT)))
        self._file.write(section)
        self.n_bytes += len(section)
        self._n_sections += 1

    def close(self) -> None:
        """Write the end marker."""
        n_bytes = self.n_bytes + box.SECTION_SIZE + box.CLOSING.size
        self.write(box.END, box.CLOSING.pack(self._n_sections + 1, n_bytes))


@dataclass(frozen=True, slots=True)
class Section:
    """A section whose checksums hold."""

    tag: bytes
    offset: int
    payload: memoryview

    @property
    def name(self) -> str:
        """Its tag as text."""
        return _name(self.tag)


class SectionReader:
    """The sections of a file, as far as they are intact.

    Attributes:
        damage: what is not, a sentence each; complete when all sections have been asked for.
        n_found: sections whose length could be believed.
    """

    def __init__(self, data: mmap.mmap, *, is_growing: bool = False) -> None:
        """Prepare to read.

        Args:
            data: the whole file.
            is_growing: whether it is being written, so that its end is no damage.
        """
        self._octets = data
        self._data = memoryview(data)
        self._is_growing = is_growing
        self.damage: list[str] = []
        self.n_found = 0

    def __iter__(self) -> Iterator[Section]:
        size = len(self._data)
        offset = box.PREAMBLE.size
        while offset + box.SECTION_SIZE <= size:
            tag, length, payload_crc = box.SECTION.unpack_from(self._data, offset)
            start = offset + box.SECTION_SIZE
            if not self._is_header(offset):
                offset = self._skip(offset)
                continue
            if start + length > size:
                if not self._is_growing:
                    where = f"where the file ends, at byte {size}"
                    self.note(offset, f"section {_name(tag)} of {length} bytes is cut off {where}")
                return
            self.n_found += 1
            payload = self._data[start : start + length]
            if zlib.crc32(payload) == payload_crc:
                yield Section(tag, offset, payload)
            else:
                self.note(offset, f"section {_name(tag)} of {length} bytes does not match its checksum")
            if tag == box.END:
                return
            offset = start + length + -length % box.ALIGNMENT
        if not self._is_growing:
            self.damage.append(f"the end marker is missing: the file stops at byte {size}")

    def note(self, offset: int, what: str) -> None:
        """Add a sentence on what stands at a place."""
        self.damage.append(f"at byte {offset}: {what}")

    def _is_header(self, offset: int) -> bool:
        header_crc: int = box.CHECKSUM.unpack_from(self._data, offset + box.SECTION.size)[0]
        return zlib.crc32(self._data[offset : offset + box.SECTION.size]) == header_crc

    def _skip(self, offset: int) -> int:
        """Return where the next section begins: at the next header whose own checksum holds, or where the file ends."""
        size = len(self._data)
        found = size
        for tag in box.TAGS:
            at = self._octets.find(tag, offset + 1, found)
            while at >= 0 and not (at % box.ALIGNMENT == 0 and at + box.SECTION_SIZE <= size and self._is_header(at)):
                at = self._octets.find(tag, at + 1, found)
            found = at if at >= 0 else found
        self.note(offset, f"a section header is damaged: {found - offset} bytes are unreadable")
        return found


def _name(tag: bytes) -> str:
    return tag.decode("ascii", "backslashreplace")
