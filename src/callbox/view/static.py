"""The page as one file: code, style, fonts and what it shows, all inside."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from callbox.view.assets import INDEX, load_assets, load_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callbox.view.exhibit import Exhibit
    from callbox.view.track import Track

_COMPRESSION = 6
MAX_SEGMENTS = 300_000
"""Of a recording, in a file; the longest are kept."""
MAX_DETAILED_CALLS = 5_000
"""Calls whose values and callers a file holds: the longest, and those that raised."""
MAX_RELATIVES = 12
MAX_DETAILED_FUNCTIONS = 500

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:class|function|const|let) )", re.MULTILINE)
_FONT = re.compile(r'url\("(vendor/[\w-]+\.woff2)"\)')
_STYLES = ("style.css", "parts.css")
_LIBRARIES = ("vendor/d3.js", "vendor/graphviz.js")
_LINES_REPLACED = re.compile(r"^<(?:link|script) [^\n]*\n", re.MULTILINE)


def format_page(exhibits: Sequence[Exhibit]) -> str:
    """Write the page with recordings in it.

    Nothing is loaded from elsewhere. The policy in its head names the page's own code by hash, so that text of a
    recording could not run even if it came to stand where code stands.

    Args:
        exhibits: one recording, or two side by side.
    """
    styles = _inline_fonts("".join(load_text(name) for name in _STYLES))
    scripts = [load_text(name) for name in _LIBRARIES]
    code = join_modules("main.js")
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, [*scripts, code]))} 'wasm-unsafe-eval'; "
        f"style-src {_hash(styles)}; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )
    icon = base64.b64encode(load_assets()["icon.svg"].content).decode()
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<link rel="icon" href="data:image/svg+xml;base64,{icon}">\n<style>{styles}</style>\n'
    )
    recordings = _encode([_pack(exhibit, len(exhibits)) for exhibit in exhibits])
    body = f'<script type="text/plain" id="callbox-recordings">{recordings}</script>\n'
    body += "".join(f"<script>{script}</script>\n" for script in scripts)
    body += f'<script type="module">{code}</script>\n'
    page = _LINES_REPLACED.sub("", load_text(INDEX))
    return page.replace('<meta charset="utf-8">\n', f'<meta charset="utf-8">\n{head}').replace(
        "</body>", f"{body}</body>"
    )


def join_modules(name: str) -> str:
    """Join a module of the page and all it imports, each after what it imports itself.

    They share one scope then: a name that two of them declare would be a syntax error.
    """
    order: dict[str, str] = {}

    def add(module: str) -> None:
        if module not in order:
            text = load_text(module)
            for imported in _IMPORT.findall(text):
                add(imported)
            order[module] = _EXPORT.sub("", _IMPORT.sub("", text))

    add(name)
    return "".join(order.values())


def _pack(exhibit: Exhibit, n_exhibits: int) -> dict[str, Any]:
    hotspots = exhibit.hotspots()
    summary = exhibit.summary() | {"of": n_exhibits}
    n_segments = sum(len(lane.segments) for lane in exhibit.lanes)
    least_ns = exhibit.least_duration(MAX_SEGMENTS) if n_segments > MAX_SEGMENTS else 0
    if least_ns:
        summary["notes"].append(
            f"This file holds the longest of {summary['calls']:,} calls: open the recording to see all of them"
        )
    return {
        "summary": summary,
        "hotspots": hotspots,
        "flame": exhibit.flame(0),
        "graph": {"dot": exhibit.dot},
        "exceptions": exhibit.all_exception_pages(),
        "calls": {
            row: exhibit.call(row, max_relatives=MAX_RELATIVES) for row in exhibit.notable_rows(MAX_DETAILED_CALLS)
        },
        "functions": {row["code"]: exhibit.function(row["code"]) for row in hotspots[:MAX_DETAILED_FUNCTIONS]},
        "lanes": [
            {
                "bars": _pack_track(lane.track, exhibit, least_ns),
                "waits": _pack_track(lane.waits, exhibit, least_ns) if lane.waits else None,
            }
            for lane in exhibit.lanes
        ],
    }


def _pack_track(track: Track, exhibit: Exhibit, least_ns: int) -> dict[str, Any]:
    """Pack the columns of a track; `embedded.js` reads them."""
    is_kept = track.end_ns - track.start_ns >= least_ns
    rows = track.row[is_kept]
    bounds = np.concatenate(([0], np.cumsum(is_kept)))[track.bounds]
    columns = (
        track.start_ns[is_kept].astype("<f8"),
        track.end_ns[is_kept].astype("<f8"),
        rows.astype("<u4"),
        exhibit.codes[rows].astype("<u4"),
        exhibit.outcomes[rows].astype("u1"),
    )
    data = b"".join(column.tobytes() for column in columns)
    return {"bounds": bounds.tolist(), "data": base64.b64encode(zlib.compress(data, _COMPRESSION)).decode()}


def _encode(value: Any) -> str:
    """Write JSON compressed, in letters that begin nothing in a page."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(value), _COMPRESSION)).decode()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inline_fonts(style: str) -> str:
    def inline(match: re.Match[str]) -> str:
        return f'url("data:font/woff2;base64,{base64.b64encode(load_assets()[match[1]].content).decode()}")'

    return _FONT.sub(inline, style)
