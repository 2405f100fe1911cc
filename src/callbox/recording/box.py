"""The parts of a box, format version 2: preamble, sections, tables, blocks of slots.

`docs/format.md` describes every byte.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

MAGIC = b"\x89CBX\r\n\x1a\n"
VERSION = 2
READABLE_VERSIONS = (1, 2)
PREAMBLE = struct.Struct("<8sII")  # magic, version, zero

HEAD = b"HEAD"
FUNCTIONS = b"FUNC"
THREADS = b"THRD"
SLOTS = b"SLOT"
VALUES = b"VALS"
PACKED_SLOTS = b"SLTZ"
PACKED_VALUES = b"VALZ"
END = b"DONE"
TAGS = (HEAD, FUNCTIONS, THREADS, SLOTS, VALUES, PACKED_SLOTS, PACKED_VALUES, END)

SECTION = struct.Struct("<4sII")  # tag, length of the payload, its CRC-32
CHECKSUM = struct.Struct("<I")  # CRC-32 of the three above
SECTION_SIZE = SECTION.size + CHECKSUM.size
ALIGNMENT = 8

BLOCK = struct.Struct("<IIQ")
"""Thread, high half of the clock at the newest slot, position of the first slot. Of values: thread, zero, position."""
COUNT = struct.Struct("<II")
"""Of a packed block, after that: how many slots or bytes there are unpacked; zero."""
BLOCK_MAX_SLOTS = 1 << 15
"""How much one flipped bit can cost: 256 KiB of slots."""
VALUE_BLOCK_MAX_BYTES = 1 << 16
"""How much one flipped bit can cost: 64 KiB of values."""

CLOSING = struct.Struct("<QQ")  # sections, this one included; bytes of the whole file


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread, as the thread table holds it."""

    ident: int
    native_id: int
    name: str
    process_id: int
    n_events: int
    n_slots: int | None = None
    """Slots that the box holds when it is whole; None while it is being written."""
    values_head: int = 0
    """Bytes of values ever written."""
    values_capacity: int = 0
    """Bytes of values that there was room for."""
    number: int | None = None
    """The thread's; a later row of the same number takes this one's place. None: its place in the table."""
    n_lost: int = 0
    """Slots missing among them, which were overwritten before they could be written to the box."""
    source: str = ""
    """Name of the ring file that its slots were taken out of; positions count from that ring's first slot."""

    @property
    def n_value_bytes(self) -> int:
        """Bytes of values that the box holds when it is whole."""
        return min(self.values_head, self.values_capacity)


def pack_section_header(tag: bytes, length: int, payload_crc: int) -> bytes:
    """Return the 16 bytes before a section's payload."""
    fields = SECTION.pack(tag, length, payload_crc)
    return fields + CHECKSUM.pack(zlib.crc32(fields))


def encode_table(table: Any) -> bytes:
    """Encode a table as JSON in ASCII.

    `json` rather than msgspec writes it: a file name that is no UTF-8 holds lone
    surrogates, which only `json` carries, as escapes, there and back.
    """
    return json.dumps(msgspec.to_builtins(table), separators=(",", ":")).encode("ascii")


def decode_table(payload: memoryview, kind: type[T]) -> T:
    """Decode a table and check the type of every field.

    Raises:
        ValueError: it is no JSON, or not of this kind.
    """
    try:
        return msgspec.convert(json.loads(str(payload, "utf-8")), kind)
    except (RecursionError, msgspec.MsgspecError) as error:
        raise ValueError(str(error)) from error
