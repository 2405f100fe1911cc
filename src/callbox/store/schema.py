"""What a store holds: its name, its version and the statements that make its tables."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

BLOBS = "CREATE TABLE blobs (digest TEXT PRIMARY KEY, data BLOB NOT NULL, raw_bytes INTEGER NOT NULL)"
"""Every store has it: contents by their hash, compressed where that makes them smaller."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one kind of store.

    Attributes:
        name: what the store is for, e.g. "calls"; a store of another name is refused.
        version: grows whenever the tables change; a store of another version is refused.
        statements: SQL that makes the tables; `blobs` is made in every store.
    """

    name: str
    version: int
    statements: tuple[str, ...]

    @property
    def application_id(self) -> int:
        """What marks a database as a store of this kind: positive, 31 bits, from the name."""
        return zlib.crc32(f"callbox {self.name}".encode()) >> 1
