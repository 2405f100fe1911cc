"""The files of the page: our own, and those of others in `vendor`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    content: bytes
    content_type: str
    tag: str
    """Changes with the content; as HTTP's ETag has it."""


@cache
def load_assets() -> dict[str, Asset]:
    """Return every file by the path under which the page asks for it, `main.js` or `vendor/d3.js`."""
    page = files(__package__) / "page"
    vendor = files(__package__) / "vendor"
    found = {path.name: path for path in page.iterdir()} | {f"vendor/{path.name}": path for path in vendor.iterdir()}
    return {
        name: Asset(content, _TYPES[suffix], f'"{hashlib.sha256(content).hexdigest()[:24]}"')
        for name, path in sorted(found.items())
        if (suffix := f".{name.rpartition('.')[2]}") in _TYPES
        for content in [path.read_bytes()]
    }


def load_text(name: str) -> str:
    """Return a file of text."""
    return load_assets()[name].content.decode()
