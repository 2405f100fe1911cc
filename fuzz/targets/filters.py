"""The filters. An input is text: its first line a module's name, the others patterns.

The core and its twin in Python must decide alike, and find that the same patterns match nothing.
"""

from __future__ import annotations

from callbox._core import is_selected as is_selected_by_core
from callbox.engine.globs import is_selected

EXAMPLES = (
    *("app.core\napp.*", "app\napp.*", "application\napp.*\n!app.core", "callbox.cli\n*", "m\u00f6dule\nm?dule"),
    *("a.b.c\n!a.*\na.b.*\n!a.b.c", "aaaaaaaaaaaaaaaaaaaab\n*a*a*a*a*a*a*c", "\n*", "x\n", "x\n!", "x\n!!x", "a.b\n.*"),
)


def examples() -> list[bytes]:
    """Encode names and patterns of every kind."""
    return [example.encode() for example in EXAMPLES]


def check(data: bytes) -> None:
    """Decide on a module twice."""
    name, *patterns = data.decode("utf-8", "replace").replace("\0", "").split("\n")
    by_core = is_selected_by_core(patterns, name)
    if by_core != is_selected(patterns, name):
        raise AssertionError(f"patterns {patterns!r}, module {name!r}: the core says {by_core}, its twin does not")
