"""Where a text stands, also in what is packed."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{64,}={0,2}")
_AUTO_HEADER = 32 + zlib.MAX_WBITS


def unpacked(content: bytes) -> Iterator[bytes]:
    """Yield a content, and what is packed in it by zlib, gzip and base64, one in another."""
    yield content
    for found in _ZLIB.finditer(content):
        try:
            part = zlib.decompressobj(_AUTO_HEADER).decompress(content[found.start() :])
        except zlib.error:
            continue
        yield from unpacked(part)
    for found in _BASE64.finditer(content):
        try:
            yield from unpacked(base64.b64decode(found[0]))
        except binascii.Error:
            continue


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files in a folder and those below it, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def places_of(text: str, contents: Mapping[str, bytes]) -> list[str]:
    """Name the contents that a text stands in."""
    wanted = text.encode()
    return [name for name, content in contents.items() if any(wanted in part for part in unpacked(content))]
