"""What writing a value as source gives, and how it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Style:
    """How source is written.

    Attributes:
        width: columns of a line; a word that cannot be broken may pass them.
        max_inline_chars: texts, bytes, arrays and plain nested data whose source would be longer go to a
            side file; None for never.
        data_name: what the source calls the folder of the side files, a `pathlib.Path`.
        file_stem: what the names of side files begin with.
        reserved: names that the surrounding code uses for other things; `import re` where it means that module.
        modules: names to import modules by instead of their own, e.g. `{"__main__": "script"}`.
        constructors: `(keyword, attribute)` pairs by class: constructors that the caller tries out, and whose
            source it then compares with the value.
        constants: module and name, by identity, of what is named rather than written.
    """

    width: int = 88
    max_inline_chars: int | None = 2_000
    data_name: str = "DATA"
    file_stem: str = "value"
    reserved: frozenset[str] = frozenset()
    modules: Mapping[str, str] = field(default_factory=dict)
    constructors: Mapping[type, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    constants: Mapping[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as source.

    Attributes:
        source: an expression; evaluated after imports and setup it gives an equal value.
        imports: import statements, sorted.
        setup: statements that name what is shared, cyclic or has no constructor that could be
            called; mostly none.
        side_files: contents by name; they belong into the folder that the style names.
    """

    source: str
    imports: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    side_files: Mapping[str, bytes] = field(default_factory=dict)
